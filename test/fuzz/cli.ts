// npm run fuzz -- [--runs N] [--seed N] [--json]
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { type FuzzResult, fuzz } from "./fuzz.ts";

const usage = `Usage: npm run fuzz -- [options]

  --runs N   so many stamps, and as many replies of Redis (default 1e5)
  --seed N   begins there; without it a fresh one is drawn and printed
  --json     lines of JSON; the last one is the summary`;

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof TypeError && "code" in error ? `${error.message}\n\n${usage}` : error);
  return 1;
});

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: "string", default: "1e5" },
      seed: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const runs = Number(values.runs);
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  if (values.help || !Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed)) {
    console.log(usage);
    return values.help ? 0 : 1;
  }
  const results: FuzzResult[] = [];
  for await (const result of fuzz(runs, seed)) {
    results.push(result);
    if (values.json) console.log(JSON.stringify({ kind: "part", ...result }));
    else tell(result);
  }
  const wrongCount = results.reduce((sum, { wrong }) => sum + wrong.length, 0);
  const seconds = Number(results.reduce((sum, one) => sum + one.seconds, 0).toFixed(1));
  const summary = { runs, seed, parts: results.length, wrong: wrongCount, seconds };
  if (values.json) console.log(JSON.stringify({ kind: "summary", ...summary }));
  else console.log(`${runs} runs a part, seed ${seed}: ${wrongCount} wrong, ${seconds} s`);
  return wrongCount === 0 ? 0 : 1;
}

function tell({ part, runs, seed, seconds, heldBytes, wrong }: FuzzResult): void {
  console.log(`${part.padEnd(8)} ${wrong.length} wrong, ${seconds} s, ${(heldBytes / 1_048_576).toFixed(1)} MB held`);
  for (const text of wrong) console.log(`  ${text.slice(0, 500)}`);
  if (wrong.length > 0) console.log(`  npm run fuzz -- --runs ${runs} --seed ${seed}`);
}
