import { createRandom, type Random } from "../rabbitmq/random.ts";
import { mixesOf, type Play, type SimSystem } from "./play.ts";

/** What a campaign is asked for. */
export interface CampaignWish {
  readonly systems: readonly SimSystem[];
  /** Through each side of the campaign, the core and the adapters, as many as `messagesOf` says. */
  readonly messages: number;
  /** Exactly so many runs, which share the messages; undefined = as many as it takes. */
  readonly seeds: number | undefined;
  readonly firstSeed: number;
}

/**
 * The runs of a campaign, a pure function of the wish. Each seed draws its system, its mix of faults and its size:
 * dense ones, in which everything goes wrong at once, are short; those with long healthy stretches carry the messages.
 */
export function planCampaign({ systems, messages, seeds, firstSeed }: CampaignWish): readonly Play[] {
  const plays: Play[] = [];
  let seed = firstSeed;
  for (const { members, total } of sidesOf(systems, messages)) {
    let left = total;
    while (seeds === undefined ? left > 0 : plays.length < seeds) {
      const drawn = drawPlay(seed, members);
      const size = seeds === undefined ? Math.min(drawn.messages, Math.max(leastMessages, total / 8)) : total / seeds;
      const play = { ...drawn, messages: Math.max(leastMessages, Math.ceil(size)) };
      plays.push(play);
      left -= play.messages;
      seed += 1;
    }
  }
  return plays;
}

/** The run that a seed alone stands for. */
export function drawPlay(seed: number, systems: readonly SimSystem[]): Play {
  // Its own stream of numbers: the run itself begins with the seed.
  const random = createRandom(seed ^ 0x5eed_1e55);
  const system = systems.length === 1 ? systems[0] : drawSystem(random, systems);
  if (system === undefined) throw new RangeError("A run needs a system.");
  const { mixes, sparseShare, sparse } = mixesOf[system];
  const isSparse = random.chance(sparseShare);
  const mix = isSparse ? "sparse" : (random.pick(mixes) ?? "sparse");
  const [least, most] = isSparse ? sparse : dense;
  return { system, seed, mix, messages: random.integer(least, most) };
}

function drawSystem(random: Random, systems: readonly SimSystem[]): SimSystem | undefined {
  return random.pick(systems.flatMap((system) => Array<SimSystem>(mixesOf[system].weight).fill(system)));
}

/** The core takes every message asked for, the adapters a tenth as many beside them. */
function sidesOf(
  systems: readonly SimSystem[],
  messages: number,
): readonly { readonly members: readonly SimSystem[]; readonly total: number }[] {
  const core = systems.filter((system) => !mixesOf[system].isAdapter);
  const adapters = systems.filter((system) => mixesOf[system].isAdapter);
  const sides = [
    { members: core, total: messages },
    { members: adapters, total: core.length === 0 ? messages : messages / adapterShare },
  ];
  return sides.filter(({ members }) => members.length > 0);
}

const adapterShare = 10;
const dense = [1_500, 4_000] as const;
/** Fewer have no stretch in which anything could be seen. */
const leastMessages = 500;
