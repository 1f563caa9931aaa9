import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimFolder } from "./folder.ts";
import { identifyProcess, isAlive, type ProcessIdentity } from "./processes.ts";
import { readState, removeFolder, type StackState, writeState } from "./state.ts";
import { takeDown } from "./takedown.ts";
import { waitUntil } from "./wait.ts";

let folder: string;
let neighbour: ChildProcess;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "seqwatch-test-"));
  neighbour = spawn(process.execPath, ["-e", "setInterval(() => undefined, 60_000)"], { detached: true });
});

afterEach(() => {
  neighbour.kill("SIGKILL");
  removeFolder(folder);
});

function identifyNeighbour(): ProcessIdentity {
  const identity = identifyProcess(neighbour.pid ?? 0);
  if (identity === undefined) throw new Error("The neighbour has ended too early.");
  return identity;
}

function createState(processes: readonly ProcessIdentity[]): StackState {
  return {
    id: "0123456789ab",
    owner: undefined,
    urls: {},
    processes: processes.map((identity) => ({ ...identity, server: "redis", name: "redis" })),
    composed: [],
  };
}

test("a recorded process is ended and the folder removed", async () => {
  const identity = identifyNeighbour();
  writeState(folder, createState([identity]));
  expect(await takeDown(folder)).toEqual(["redis"]);
  expect(isAlive(identity)).toBe(false);
  expect(readState(folder)).toBeUndefined();
});

test("a process that has got the number of a server that ended is left alone", async () => {
  const identity = identifyNeighbour();
  writeState(folder, createState([{ pid: identity.pid, startedAt: "1" }]));
  await takeDown(folder);
  expect(isAlive(identity)).toBe(true);
});

test("taking down one server leaves the others and their files", async () => {
  const identity = identifyNeighbour();
  mkdirSync(join(folder, "redis"));
  writeState(folder, { ...createState([identity]), urls: { kafka: { SEQWATCH_KAFKA_BROKERS: "127.0.0.1:1" } } });
  expect(await takeDown(folder, ["kafka", "rabbitmq"])).toEqual(["kafka"]);
  expect(isAlive(identity)).toBe(true);
  expect(readState(folder)).toEqual(createState([identity]));
});

test("taking down where nothing runs does nothing", async () => {
  expect(await takeDown(join(folder, "nowhere"))).toEqual([]);
});

test("the folder of a stack that died untended is taken over", async () => {
  const identity = identifyNeighbour();
  writeState(folder, createState([identity]));
  await expect(claimFolder(folder)).rejects.toMatchObject({ code: "STACK_FOLDER_IN_USE" });
  neighbour.kill("SIGKILL");
  expect(await waitUntil(() => !isAlive(identity), { limitMs: 10_000 })).toBe(true);
  expect((await claimFolder(folder)).folder).toBe(folder);
});
