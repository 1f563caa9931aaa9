import { type FaultMix, faultsOf, type Play, type PlayResult } from "../campaign/play.ts";
import { troublesIn } from "./fault-text.ts";

/** How a run is played: the same wish, the same result. */
export type Player = (wish: Play) => Promise<PlayResult>;

/** The shortest run found that is still wrong. */
export interface Shrunk {
  readonly play: Play;
  readonly runs: number;
}

/** A fault less draws other numbers from then on: its neighbours' seeds are worth a try each. */
const seedsTried = 3;
const maxRuns = 600;
const fewestMessages = 10;

/**
 * Makes a run that is wrong short enough to be read: fewer messages, fewer kinds of faults, rounder figures, as long as
 * something stays wrong. Nothing is guessed: each step is played.
 */
export async function shrink(wish: Play, player: Player): Promise<Shrunk> {
  const search = new Search(player, await wrongIn(player, wish));
  let best = await search.rounder({ ...wish, given: troublesIn(faultsOf(wish), wish.system) });
  for (let before: Play | undefined; before !== best && search.hasRunsLeft; ) {
    before = best;
    best = await search.fewerMessages(best);
    best = await search.fewerFaults(best);
  }
  return { play: best, runs: search.runs };
}

type Wrong = "falseLosses" | "missedLosses" | "wrongVerdicts" | "broke" | "nothing";

/** The worst that is wrong with a run: a shorter one has to show the same. */
async function wrongIn(player: Player, wish: Play): Promise<Wrong> {
  const result = await player(wish).catch(() => undefined);
  if (result === undefined) return "broke";
  return (["falseLosses", "missedLosses", "wrongVerdicts"] as const).find((kind) => result[kind] > 0) ?? "nothing";
}

class Search {
  runs = 0;
  readonly #player: Player;
  readonly #wrong: Wrong;

  constructor(player: Player, wrong: Wrong) {
    this.#player = player;
    this.#wrong = wrong;
  }

  get hasRunsLeft(): boolean {
    return this.runs < maxRuns;
  }

  async fewerMessages(wish: Play): Promise<Play> {
    let best = wish;
    while (best.messages >= 2 * fewestMessages) {
      const found = await this.#firstRed({ ...best, messages: Math.floor(best.messages / 2) });
      if (found === undefined) return best;
      best = found;
    }
    return best;
  }

  /** First half of the kinds, then quarters, down to one by one: most of them have nothing to do with it. */
  async fewerFaults(wish: Play): Promise<Play> {
    let best = wish;
    for (let size = Math.ceil(namesIn(best).length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < namesIn(best).length; ) {
        const dropped = new Set(namesIn(best).slice(at, at + size));
        const found = await this.#firstRed({ ...best, given: without(best.given ?? {}, dropped) });
        if (found === undefined) at += size;
        else best = found;
      }
    }
    return best;
  }

  /** Figures that a person can read, where they do as well. */
  async rounder(wish: Play): Promise<Play> {
    const given = Object.fromEntries(Object.entries(wish.given ?? {}).map(([name, value]) => [name, rounded(value)]));
    return (await this.#firstRed({ ...wish, given })) ?? wish;
  }

  async #firstRed(wish: Play): Promise<Play | undefined> {
    for (let at = 0; at < seedsTried && this.hasRunsLeft; at += 1) {
      const tried = { ...wish, seed: wish.seed + at };
      this.runs += 1;
      if ((await wrongIn(this.#player, tried)) === this.#wrong) return tried;
    }
    return undefined;
  }
}

function namesIn({ given = {} }: Play): readonly string[] {
  return Object.keys(given);
}

function without(mix: FaultMix, names: ReadonlySet<string>): FaultMix {
  return Object.fromEntries(Object.entries(mix).filter(([name]) => !names.has(name)));
}

function rounded(value: number | string): number | string {
  return typeof value === "number" ? Number(value.toPrecision(2)) : value;
}
