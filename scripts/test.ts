// Everything that CI runs: the checks, then all tests on real servers. Its last line is `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checks, runCheck } from "./checks.ts";

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const results = checks().map(runCheck);
const tests = runTests(process.argv.slice(2));
const passed = tests.passed + results.filter(Boolean).length;
const failed = tests.failed + results.filter((ok) => !ok).length;
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

/** A run that could not count its tests, or ran none, has failed. */
function runTests(args: readonly string[]): Counts {
  const folder = mkdtempSync(join(tmpdir(), "seqwatch-test-"));
  const report = join(folder, "report.json");
  try {
    const run = spawnSync(
      "vitest",
      ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...args],
      {
        stdio: ["ignore", "inherit", "inherit"],
      },
    );
    const counts = readCounts(report);
    return run.status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readCounts(report: string): Counts {
  try {
    const parsed: unknown = JSON.parse(readFileSync(report, "utf8"));
    const passedCount = numberAt(parsed, "numPassedTests");
    const failedCount = numberAt(parsed, "numFailedTests") + Math.max(0, numberAt(parsed, "numPendingTests"));
    return { passed: passedCount, failed: failedCount };
  } catch (error) {
    process.stdout.write(`The tests left no report: ${String(error)}\n`);
    return { passed: 0, failed: 1 };
  }
}

function numberAt(value: unknown, key: string): number {
  const found: unknown =
    typeof value === "object" && value !== null ? Object.entries(value).find(([name]) => name === key)?.[1] : 0;
  return typeof found === "number" ? found : 0;
}
