import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const probe = fileURLToPath(new URL("memory-probe.ts", import.meta.url));
const megabyte = 1_024 * 1_024;

/** Faulty: every second message is left out of its answer, or every second sequence and offset is missing. */
test.for([
  ["producer", "fine"],
  ["producer", "faulty"],
  ["consumer", "fine"],
  ["consumer", "faulty"],
] as const)(
  "with the store dead for ten minutes, a %s with %s traffic in thousands of streams stays below 16 MB",
  async ([side, faults], { annotate }) => {
    const args = ["--expose-gc", "--conditions=@seqwatch/source", probe, side, "watched", faults];
    const bytes = Number((await run(process.execPath, args)).stdout);
    await annotate(`${side}, ${faults}: ${(bytes / megabyte).toFixed(1)} MB`);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(16 * megabyte);
  },
);
