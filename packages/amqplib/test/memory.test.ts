import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const probe = fileURLToPath(new URL("memory-probe.ts", import.meta.url));
const keyCount = 4_000;
const megabyte = 1_024 * 1_024;

/** Publishing and consuming in one process: a stream of 4,000 keys on either side. */
test.for(["fine", "faulty"])(
  "with the store dead for ten minutes, %s traffic in thousands of streams stays below 64 MB",
  async (faults, { annotate }) => {
    const args = ["--expose-gc", "--conditions=@seqwatch/source", probe, faults, String(keyCount)];
    const bytes = Number((await run(process.execPath, args)).stdout);
    await annotate(`${(bytes / megabyte).toFixed(1)} MB, ${(bytes / keyCount / 2).toFixed(0)} B a stream and side`);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(64 * megabyte);
  },
);
