import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A short cut through the lab: rows of each stage that leave their servers calm, and so take seconds. */
const rows = ["P3", "P10", "P11", "P16", "S7", "C2", "C7", "D4"];

test("the lab's short cut: what was lost is named exactly, at the right stage, and nothing else", async () => {
  const { code, lines, errors } = await runLab([...rows, "--json"]);
  const wrong = lines.filter((line) => line["kind"] === "scenario" && line["exact"] !== true);
  expect(wrong, errors).toEqual([]);
  expect(lines.at(-1), errors).toMatchObject({ kind: "summary", falseLosses: 0, missedLosses: 0, skipped: [] });
  expect(lines.at(-1)?.["scenarios"]).toBeGreaterThanOrEqual(rows.length);
  expect(code, errors).toBe(0);
}, 600_000);

test("a row goes red once the rule that it stands on is taken out of the product", async () => {
  const { code, lines, errors } = await runLab(["S7", "--broken", "--json"]);
  expect(lines.at(-1), errors).toMatchObject({ kind: "broken", id: "S7", state: "red" });
  expect(code, errors).toBe(0);
}, 300_000);

interface LabRun {
  readonly code: number | null;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly errors: string;
}

/** Every line on standard output must be JSON: nothing else may stand there. */
async function runLab(args: readonly string[]): Promise<LabRun> {
  const child = spawn(process.execPath, ["--conditions=@seqwatch/source", "apps/lab/src/lab/cli.ts", ...args], {
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
  return { code, lines: output.trim().split("\n").map(parseLine), errors };
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  const parsed: unknown = JSON.parse(line);
  return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
}
