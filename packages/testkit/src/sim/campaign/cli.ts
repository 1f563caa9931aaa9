// npm run sim -- [--seeds N] [--messages N] [--system kafka|rabbitmq] [--first-seed N] [--seed N] [--json]
import { parseArgs } from "node:util";
import { badOnes, replayOf, runCampaign, summarize } from "./campaign.ts";
import { isBad, type Play, type PlayResult, play, type SimSystem, systems } from "./play.ts";

const usage = `Usage: npm run sim -- [options]

  --seeds N      so many seeds (default 40); each is played with every system
  --messages N   messages of each run (default 3000)
  --first-seed N where to begin (default 1)
  --system NAME  kafka or rabbitmq alone
  --seed N       this one seed, and its story
  --json         lines of JSON; the last one is the summary`;

const storyLines = 200;

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
      seeds: { type: "string", default: "40" },
      messages: { type: "string", default: "3000" },
      "first-seed": { type: "string", default: "1" },
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
  const messages = count("--messages", values.messages);
  const chosen = values.system === undefined ? systems : [systemOf(values.system)];
  if (values.seed !== undefined) return await tellStory(chosen, count("--seed", values.seed), messages);
  const first = count("--first-seed", values["first-seed"]);
  const plays = Array.from({ length: count("--seeds", values.seeds) }, (_, at) => first + at).flatMap((seed) =>
    chosen.map((system): Play => ({ system, seed, messages })),
  );
  return await playAll(plays, values.json);
}

async function playAll(plays: readonly Play[], isJson: boolean): Promise<number> {
  const beganAtMs = performance.now();
  const results = await runCampaign(plays, (result) => {
    if (isJson) print({ kind: "run", ...result, trace: undefined });
    else if (isBad(result)) console.log(`${describe(result)}\n  ${replayOf(result)}`);
  });
  const seconds = Number(((performance.now() - beganAtMs) / 1_000).toFixed(1));
  const summary = { ...summarize(results), seconds };
  if (isJson) print({ kind: "summary", ...summary });
  else for (const [name, value] of Object.entries(summary)) console.log(`${name.padEnd(20)} ${textOf(value)}`);
  return badOnes(results).length === 0 ? 0 : 1;
}

/** One seed with all that happened in it, as far as a person reads. */
async function tellStory(chosen: readonly SimSystem[], seed: number, messages: number): Promise<number> {
  let isGood = true;
  for (const system of chosen) {
    const result = await play({ system, seed, messages }, true);
    const wrong = result.trace.filter((line) => /^(?:false|missed|wrong)/.test(line));
    for (const line of wrong.length > 0 ? wrong : result.trace.slice(0, storyLines)) console.log(line);
    console.log(describe(result));
    isGood &&= !isBad(result);
  }
  return isGood ? 0 : 1;
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

function textOf(value: number | Readonly<Record<string, number>>): string {
  if (typeof value === "number") return value.toLocaleString("en-US");
  return Object.entries(value)
    .map(([name, some]) => `${name} ${some.toLocaleString("en-US")}`)
    .join(", ");
}

function print(value: object): void {
  console.log(JSON.stringify(value));
}

function count(name: string, text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new UsageError(`${name} is "${text}". Give a whole number.`);
}

function systemOf(text: string): SimSystem {
  const found = systems.find((system) => system === text);
  if (found !== undefined) return found;
  throw new UsageError(`--system is "${text}". Give ${systems.join(" or ")}.`);
}
