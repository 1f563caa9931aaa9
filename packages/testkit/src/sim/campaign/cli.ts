// npm run sim -- [--messages N] [--seeds N] [--system NAME] [--first-seed N] [--seed N [--mix NAME]] [--json]
import { parseArgs } from "node:util";
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
  --json         lines of JSON; the last one is the summary

From ${demandingFrom.toLocaleString("en-US")} messages on a campaign is red, too, where a fault, a verdict or a doubt that is claimed was never
reached, or where too much ended in doubt.`;

const storyLines = 200;
const defaultMessages = 120_000;

/** Options that cannot be used. */
class UsageError extends Error {}

process.exitCode = await main().catch((error: unknown) => {
  const isUsage = error instanceof UsageError || (error instanceof TypeError && "code" in error);
  console.error(isUsage ? `${error.message}\n\n${usage}` : error);
  return 1;
});

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      messages: { type: "string" },
      "first-seed": { type: "string" },
      mix: { type: "string" },
      system: { type: "string" },
      seed: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const messages = values.messages === undefined ? undefined : count("--messages", values.messages);
  const chosen = values.system === undefined ? systems : [systemOf(values.system)];
  if (values.seed !== undefined) {
    const drawn = drawPlay(count("--seed", values.seed), chosen);
    return await tellStory({ ...drawn, mix: values.mix ?? drawn.mix, messages: messages ?? drawn.messages });
  }
  const plays = planCampaign({
    systems: chosen,
    messages: messages ?? defaultMessages,
    seeds: values.seeds === undefined ? undefined : count("--seeds", values.seeds),
    firstSeed: values["first-seed"] === undefined ? freshSeed() : count("--first-seed", values["first-seed"]),
  });
  return await playAll(plays, chosen, values.json);
}

/** Far from the small numbers that people choose, and with room for a campaign's seeds above it. */
function freshSeed(): number {
  return 1_000_000 + Math.floor(Math.random() * 4_000_000_000);
}

async function playAll(plays: readonly Play[], chosen: readonly SimSystem[], isJson: boolean): Promise<number> {
  const beganAtMs = performance.now();
  if (!isJson) console.log(`${plays.length} runs, the first seed is ${plays[0]?.seed}`);
  const results = await runCampaign(plays, (result) => {
    if (isJson) print({ kind: "run", ...result, trace: undefined, ...(isBad(result) && { replay: replayOf(result) }) });
    else if (isBad(result)) console.log(`${describe(result)}\n  ${replayOf(result)}`);
  });
  const seconds = Number(((performance.now() - beganAtMs) / 1_000).toFixed(1));
  const sums = summarize(results);
  const unmet = unmetDemands(sums, chosen);
  const summary = { ...sums, firstSeed: plays[0]?.seed ?? 0, unmet, seconds };
  if (isJson) print({ kind: "summary", ...summary });
  else for (const [name, value] of Object.entries(summary)) console.log(`${name.padEnd(24)} ${textOf(value)}`);
  return badOnes(results).length + unmet.length === 0 ? 0 : 1;
}

/** One run with all that happened in it, as far as a person reads. */
async function tellStory(wish: Play): Promise<number> {
  const result = await play(wish, true);
  const wrong = result.trace.filter((line) => /^(?:false|missed|wrong)/.test(line));
  for (const line of wrong.length > 0 ? wrong : result.trace.slice(0, storyLines)) console.log(line);
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
