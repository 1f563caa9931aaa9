import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { run } from "./run.ts";
import { removeFolder } from "./state.ts";
import { ownEnvironment } from "./test/own-environment.ts";
import { findLeftovers, noteTraces } from "./test/traces.ts";

let parentFolder: string;
let folder: string;

beforeEach(() => {
  parentFolder = mkdtempSync(join(tmpdir(), "seqwatch-test-"));
  folder = join(parentFolder, "stack");
});

afterEach(async () => {
  await stack("down", "--folder", folder);
  removeFolder(parentFolder);
});

function stack(...args: readonly string[]) {
  return run(process.execPath, [fileURLToPath(new URL("./cli.ts", import.meta.url)), ...args], ownEnvironment);
}

test("up starts a Redis that outlives the command, status shows it, and down leaves nothing of it", async () => {
  const up = await stack("up", "redis", "--folder", folder);
  expect(up.output).toMatch(/^export SEQWATCH_REDIS_URL=redis:\/\/127\.0\.0\.1:\d+$/m);
  const traces = noteTraces(folder, { output: up.output.split("\n")[0] ?? "" });
  const status = await stack("status", "--folder", folder, "--json");
  expect(status.exitCode).toBe(0);
  expect(JSON.parse(status.output.split("\n")[0] ?? "")).toMatchObject({
    kind: "server",
    name: "redis",
    state: "running",
  });
  const down = await stack("down", "--folder", folder);
  expect(down).toEqual({ exitCode: 0, output: `Ended redis in ${folder}.\n` });
  expect(await findLeftovers(traces)).toEqual([]);
});

test("the last line with --json is the summary", async () => {
  const up = await stack("up", "redis", "--folder", folder, "--json");
  expect(JSON.parse(up.output.trim().split("\n").at(-1) ?? "")).toMatchObject({ kind: "summary", folder });
  const down = await stack("down", "--folder", folder, "--json");
  expect(JSON.parse(down.output)).toEqual({ kind: "summary", folder, ended: ["redis"] });
});

test("a second up in the same folder is refused and the first lives on", async () => {
  await stack("up", "redis", "--folder", folder);
  const second = await stack("up", "redis", "--folder", folder);
  expect(second.exitCode).toBe(1);
  expect(second.output).toContain(`A living stack has the folder ${folder} (redis)`);
  expect((await stack("status", "--folder", folder)).exitCode).toBe(0);
});

test("status and down of nothing say so, and only status fails", async () => {
  expect((await stack("status", "--folder", folder)).exitCode).toBe(1);
  expect(await stack("down", "--folder", folder)).toEqual({ exitCode: 0, output: `Nothing runs in ${folder}.\n` });
});

test.each([
  [["up", "mysql"], 'There is no server "mysql"'],
  [["start"], 'There is no command "start"'],
  [["redis"], "Did you mean: up redis?"],
  [["up", "--fast"], "Unknown option '--fast'"],
  [["up", "--nodes", "none"], '--nodes is "none"'],
])("the arguments %j are refused with the reason", async (args, reason) => {
  const result = await stack(...args, "--folder", folder);
  expect(result.exitCode).toBe(1);
  expect(result.output).toContain(reason);
  expect(existsSync(folder)).toBe(false);
});
