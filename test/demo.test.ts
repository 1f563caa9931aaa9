import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The summary's fields that decide; see apps/lab/README.md. */
const whatHolds = { kind: "summary", falselyNamed: 0 };

test("the demo's rolling restart loses messages, and each of them is named, and no other", async () => {
  const { code, lines, errors } = await runDemo(["--for", "60s", "--json"]);
  const summary = lines.at(-1) ?? {};
  expect(summary, errors).toMatchObject({ ...whatHolds, found: summary["lost"] });
  // 50 without a binding and 50 from the head of a full queue are certain; what Kafka loses is up to kafkajs.
  expect(summary["lost"]).toBeGreaterThanOrEqual(100);
  expect(code, errors).toBe(0);
}, 300_000);

interface DemoRun {
  readonly code: number | null;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly errors: string;
}

/** Every line on standard output must be JSON: nothing else may stand there. */
async function runDemo(args: readonly string[]): Promise<DemoRun> {
  const child = spawn(process.execPath, ["--conditions=@seqwatch/source", "apps/lab/src/demo/start.ts", ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  const lines = output
    .trim()
    .split("\n")
    .map((line) => parseLine(line));
  return { code, lines, errors };
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  const parsed: unknown = JSON.parse(line);
  return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
}
