import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { readState, removeFolder } from "./state.ts";
import { findLeftovers, noteTraces } from "./test/traces.ts";
import { waitUntil } from "./wait.ts";

const owners: ChildProcess[] = [];
const parentFolders: string[] = [];

afterEach(() => {
  for (const owner of owners.splice(0)) owner.kill("SIGKILL");
  parentFolders.splice(0).forEach(removeFolder);
});

/** Starts a process that starts and owns a stack. */
function startOwner(servers: readonly string[]) {
  const script = fileURLToPath(new URL("./test/owner.ts", import.meta.url));
  const parentFolder = mkdtempSync(join(tmpdir(), "seqwatch-test-"));
  const folder = join(parentFolder, "stack");
  const owner = spawn(process.execPath, [script, folder, ...servers], { stdio: ["ignore", "pipe", "inherit"] });
  owners.push(owner);
  parentFolders.push(parentFolder);
  return { owner, folder };
}

/** Waits until the owner says that its stack is up. */
async function waitForStack({ owner, folder }: ReturnType<typeof startOwner>) {
  if (owner.stdout === null) throw new Error("The owner has no output.");
  const [line]: unknown[] = await once(owner.stdout, "data");
  return noteTraces(folder, JSON.parse(String(line)));
}

test.each(["SIGKILL", "SIGINT"] as const)(
  "an owner that is ended by %s leaves nothing of its Redis",
  async (signal) => {
    const started = startOwner(["redis"]);
    const traces = await waitForStack(started);
    started.owner.kill(signal);
    expect(await findLeftovers(traces)).toEqual([]);
  },
);

test("an owner that is killed leaves nothing of all three servers, their helpers included", {
  timeout: 180_000,
}, async () => {
  const started = startOwner(["kafka", "rabbitmq", "redis"]);
  const traces = await waitForStack(started);
  expect(traces.processes).toHaveLength(6);
  started.owner.kill("SIGKILL");
  expect(await findLeftovers(traces)).toEqual([]);
});

test("an owner that is killed while its servers start leaves nothing", { timeout: 60_000 }, async () => {
  const { owner, folder } = startOwner(["kafka", "rabbitmq"]);
  const isStarting = () => (readState(folder)?.processes.length ?? 0) >= 5;
  expect(await waitUntil(isStarting, { limitMs: 30_000 })).toBe(true);
  const traces = noteTraces(folder);
  owner.kill("SIGKILL");
  expect(await findLeftovers(traces)).toEqual([]);
});
