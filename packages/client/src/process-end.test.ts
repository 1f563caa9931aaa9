import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../test/ending-process.ts", import.meta.url));

/** Runs a process to its end; a process that does not end by itself fails. */
function runToEnd(mode: string): Promise<{ readonly code: unknown; readonly output: string }> {
  const args = ["--conditions=@seqwatch/source", script, mode];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: 20_000 }, (error, stdout) => {
      resolve({ code: error === null ? 0 : (error.signal ?? error.code), output: stdout });
    });
  });
}

test.each<readonly [string, string, number]>([
  ["a process with nothing left to do ends by itself, after one flush", "well", 0],
  ["a process whose store hangs ends all the same", "hang", 0],
  ["a process that exits writes what it can, and keeps its code", "exit", 3],
])("%s", async (_, mode, code) => {
  expect(await runToEnd(mode)).toEqual({ code, output: "reported\n" });
});
