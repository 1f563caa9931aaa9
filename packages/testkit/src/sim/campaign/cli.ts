// npm run sim -- [--messages N] [--seeds N] [--system NAME] [--first-seed N] [--seed N [--mix NAME]] [--json]
import { parseArgs } from "node:util";
import { playMutants } from "../mutants/command.ts";
import { playPlanted } from "../mutants/planted.ts";
import { parseFaults } from "../shrink/fault-text.ts";
import { shrink } from "../shrink/shrink.ts";
import { storyOf } from "../shrink/story.ts";
import { badOnes, replayOf, runCampaign, summarize } from "./campaign.ts";
import { demandingFrom, unmetDemands } from "./demands.ts";
import { drawPlay, planCampaign } from "./plan.ts";
import { isBad, type Play, type PlayResult, play, type SimSystem, systems } from "./play.ts";

const usage = `Usage: npm run sim -- [options]

  --messages N   messages of the whole campaign (default 120000; 1e8 is a number too), spread over as many runs as they
                 take; each run has a fresh seed, which draws its system, its mix of faults and its size
  --seeds N      exactly so many runs, which share the messages
  --first-seed N where to begin, for the same campaign once more
  --system NAME  ${systems.join(", ")}: that one alone
  --seed N       this one run and its story, of the size that its seed draws unless --messages says another
  --mix NAME     with --seed: this mix of faults in place of the one that the seed draws
  --faults LIST  with --seed and --system: these faults in place of those of the mix, as in zombie=0.4,cutEveryMs=700
  --evidence HOW what a Kafka auditor reads: records, offsets or none
  --mutants [id] plants bugs in the product, all or those whose ids begin so, and sees whether a run notices
  --planted ID   whatever is asked for, with one of those bugs planted in the product
  --json         lines of JSON; the last one is the summary

From ${demandingFrom.toLocaleString("en-US")} messages on a campaign is red, too, where a fault, a verdict or a doubt that is claimed was never
reached, or where too much ended in doubt.`;

const defaultMessages = 120_000;

/** Options that cannot be used. */
class UsageError extends Error {}

process.exitCode = await main().catch((error: unknown) => {
  const isUsage = error instanceof UsageError || error instanceof TypeError;
  console.error(isUsage ? `${error.message}\n\n${usage}` : error);
  return 1;
});

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seeds: { type: "string" },
      messages: { type: "string" },
      "first-seed": { type: "string" },
      mix: { type: "string" },
      system: { type: "string" },
      seed: { type: "string" },
      faults: { type: "string" },
      evidence: { type: "string" },
      mutants: { type: "boolean", default: false },
      planted: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (values.mutants) return await playMutants(positionals, values.json, (line) => console.log(line));
  if (positionals.length > 0) throw new UsageError(`Nothing is called ${positionals.join(" ")}.`);
  const planted = values.planted === undefined ? undefined : await playPlanted(values.planted);
  if (planted !== undefined) return planted;
  const messages = values.messages === undefined ? undefined : count("--messages", values.messages);
  const chosen = values.system === undefined ? systems : [systemOf(values.system)];
  if (values.seed !== undefined) {
    const drawn = drawPlay(count("--seed", values.seed), chosen);
    const size = { mix: values.mix ?? drawn.mix, messages: messages ?? drawn.messages };
    return await tellStory({ ...drawn, ...size, ...givenBy(values, drawn.system) });
  }
  const plays = planCampaign({
    systems: chosen,
    messages: messages ?? defaultMessages,
    seeds: values.seeds === undefined ? undefined : count("--seeds", values.seeds),
    firstSeed: values["first-seed"] === undefined ? freshSeed() : count("--first-seed", values["first-seed"]),
  });
  return await playAll(plays, chosen, values);
}

function givenBy(
  { faults, evidence, system: wished }: Readonly<Partial<Record<"faults" | "evidence" | "system", string>>>,
  system: SimSystem,
): Pick<Play, "given" | "evidence"> {
  if (faults !== undefined && wished === undefined) throw new UsageError("--faults needs --system: each has its own.");
  return {
    ...(faults !== undefined && { given: parseFaults(faults, system) }),
    ...(evidence !== undefined && { evidence: evidenceOf(evidence) }),
  };
}

/** Far from the small numbers that people choose, and with room for a campaign's seeds above it. */
function freshSeed(): number {
  return 1_000_000 + Math.floor(Math.random() * 4_000_000_000);
}

async function playAll(
  plays: readonly Play[],
  chosen: readonly SimSystem[],
  { json: isJson, planted }: { readonly json: boolean; readonly planted?: string | undefined },
): Promise<number> {
  const beganAtMs = performance.now();
  if (!isJson) console.log(`${plays.length} runs, the first seed is ${plays[0]?.seed}`);
  const results = await runCampaign(plays, (result) => {
    if (isJson)
      print({
        kind: "run",
        ...result,
        trace: undefined,
        ...(isBad(result) && { replay: replayOf(wishOf(result), planted) }),
      });
    else if (isBad(result)) console.log(`${describe(result)}\n  ${replayOf(wishOf(result), planted)}`);
  });
  const seconds = Number(((performance.now() - beganAtMs) / 1_000).toFixed(1));
  const bad = badOnes(results).toSorted((a, b) => a.messages - b.messages);
  if (bad[0] !== undefined) await tellShrunk(wishOf(bad[0]), isJson, planted);
  const sums = summarize(results);
  const unmet = unmetDemands(sums, chosen);
  const summary = { ...sums, firstSeed: plays[0]?.seed ?? 0, unmet, seconds };
  if (isJson) print({ kind: "summary", ...summary });
  else for (const [name, value] of Object.entries(summary)) console.log(`${name.padEnd(24)} ${textOf(value)}`);
  return bad.length + unmet.length === 0 ? 0 : 1;
}

function wishOf({ system, seed, mix, messages }: PlayResult): Play {
  return { system, seed, mix, messages };
}

/** The shortest run found that is as wrong, with its story. */
async function tellShrunk(wish: Play, isJson: boolean, planted: string | undefined): Promise<void> {
  const { play: short, runs } = await shrink(wish, play);
  const result = await play(short, true);
  const command = replayOf(short, planted);
  if (isJson) return print({ kind: "shrunk", ...short, command, runs, trace: storyOf(result) });
  console.log(`\nShrunk in ${runs} runs:`);
  for (const line of storyOf(result)) console.log(line);
  console.log(`${describe(result)}\n  ${command}\n`);
}

/** One run with all that happened in it, as far as a person reads. */
async function tellStory(wish: Play): Promise<number> {
  const result = await play(wish, true);
  for (const line of storyOf(result)) console.log(line);
  console.log(describe(result));
  return isBad(result) ? 1 : 0;
}

function describe({
  system,
  seed,
  mix,
  falseLosses,
  missedLosses,
  wrongVerdicts,
  lost,
  confirmed,
  inDoubt,
}: PlayResult): string {
  return `${system} seed ${seed} (${mix}): ${lost} lost, ${confirmed} confirmed, ${inDoubt} in doubt; ${falseLosses} false, ${missedLosses} missed, ${wrongVerdicts} wrong`;
}

function textOf(value: number | readonly string[] | Readonly<Record<string, number>>): string {
  if (Array.isArray(value)) return value.join(" ");
  if (typeof value === "number") return value.toLocaleString("en-US");
  return Object.entries(value)
    .map(([name, some]) => `${name} ${some.toLocaleString("en-US")}`)
    .join(", ");
}

function print(value: object): void {
  console.log(JSON.stringify(value));
}

function count(name: string, text: string): number {
  const number = /^\d+(?:\.\d+)?(?:e\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isInteger(number) && number <= 1e12) return number;
  throw new UsageError(`${name} is "${text}". Give a whole number, 5000 or 1e8.`);
}

function systemOf(text: string): SimSystem {
  const found = systems.find((system) => system === text);
  if (found !== undefined) return found;
  throw new UsageError(`--system is "${text}". Give ${systems.join(" or ")}.`);
}

function evidenceOf(text: string): NonNullable<Play["evidence"]> {
  const found = (["records", "offsets", "none"] as const).find((evidence) => evidence === text);
  if (found !== undefined) return found;
  throw new UsageError(`--evidence is "${text}". Give records, offsets or none.`);
}
