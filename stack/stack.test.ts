import { once } from "node:events";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { isRedisReady } from "./redis.ts";
import { type StackLife, startStack } from "./stack.ts";
import { readState, removeFolder } from "./state.ts";
import { ownEnvironment } from "./test/own-environment.ts";
import { findLeftovers, noteTraces } from "./test/traces.ts";
import { waitUntil } from "./wait.ts";

const stacks: StackLife[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(stacks.splice(0).map((stack) => stack.stop()));
  folders.splice(0).forEach(removeFolder);
});

async function startRedisStack(options: { readonly folder?: string } = {}) {
  const stack = await startStack({ servers: ["redis"], environment: ownEnvironment, ...options });
  stacks.push(stack);
  return stack;
}

function createTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "seqwatch-test-"));
  folders.push(folder);
  return folder;
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

test("a stack of one Redis serves, and leaves no process, folder or listener when it is stopped", async () => {
  const stack = await startRedisStack();
  const traces = noteTraces(stack.folder, stack.environment);
  expect(await isRedisReady(portOf(stack.redis.url))).toBe(true);
  expect(traces.processes).toMatchObject([{ pid: stack.redis.server?.pid }]);
  await stack.stop();
  expect(await findLeftovers(traces)).toEqual([]);
});

test("a stack that is stopped twice is stopped once", async () => {
  const stack = await startRedisStack();
  await Promise.all([stack.stop(), stack.stop()]);
  await stack.stop();
  expect(stack.redis.server?.pid).toBeUndefined();
});

test("two stacks live side by side, and one outlives the other", async () => {
  const [first, second] = await Promise.all([startRedisStack(), startRedisStack()]);
  expect(first.redis.url).not.toBe(second.redis.url);
  await first.stop();
  expect(await isRedisReady(portOf(first.redis.url))).toBe(false);
  expect(await isRedisReady(portOf(second.redis.url))).toBe(true);
});

test("a Redis that is killed and started again serves on the same port", async () => {
  const { redis } = await startRedisStack();
  const killedPid = redis.server?.pid;
  await redis.server?.stop("SIGKILL");
  expect(redis.server?.pid).toBeUndefined();
  expect(await isRedisReady(portOf(redis.url))).toBe(false);
  await redis.server?.start();
  expect(redis.server?.pid).not.toBe(killedPid);
  expect(await isRedisReady(portOf(redis.url))).toBe(true);
});

test("a paused Redis does not answer until it is resumed", async () => {
  const { redis } = await startRedisStack();
  await redis.server?.pause();
  expect(await isRedisReady(portOf(redis.url))).toBe(false);
  await redis.server?.resume();
  expect(await waitUntil(() => isRedisReady(portOf(redis.url)), { limitMs: 10_000 })).toBe(true);
});

test("a paused Redis can be stopped politely", async () => {
  const { redis } = await startRedisStack();
  await redis.server?.pause();
  await redis.server?.stop("SIGTERM");
  expect(redis.server?.pid).toBeUndefined();
});

test("a server of a stopped stack cannot be started again", async () => {
  const stack = await startRedisStack();
  await stack.stop();
  await expect(stack.redis.server?.start()).rejects.toThrow("Cannot start redis: its stack was stopped");
});

test("the folder of a living stack is refused to another", async () => {
  const folder = join(createTemporaryFolder(), "stack");
  await startRedisStack({ folder });
  await expect(startRedisStack({ folder })).rejects.toMatchObject({
    code: "STACK_FOLDER_IN_USE",
    message: expect.stringContaining(folder),
  });
});

test("of two stacks that ask for the same folder at once one gets it", async () => {
  const folder = join(createTemporaryFolder(), "stack");
  const results = await Promise.allSettled([startRedisStack({ folder }), startRedisStack({ folder })]);
  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
});

test("a folder with somebody's files in it is refused and left alone", async () => {
  const folder = createTemporaryFolder();
  mkdirSync(join(folder, "redis"));
  await expect(startRedisStack({ folder })).rejects.toThrow(`The folder ${folder} is not empty (it holds redis)`);
});

test("a state file that is damaged is named, not overwritten", async () => {
  const folder = createTemporaryFolder();
  writeFileSync(join(folder, "stack.json"), '{"id":');
  await expect(startRedisStack({ folder })).rejects.toMatchObject({ code: "STACK_STATE_UNREADABLE" });
});

test("the state file holds the address and the process of each server", async () => {
  const stack = await startRedisStack();
  const state = readState(stack.folder ?? "");
  expect(state?.urls).toEqual({ redis: { SEQWATCH_REDIS_URL: stack.redis.url } });
  expect(state?.processes).toMatchObject([{ server: "redis", name: "redis", pid: stack.redis.server?.pid }]);
});

test("a server that fails to start takes all others with it, and its log is in the error", async () => {
  const folder = join(createTemporaryFolder(), "stack");
  const start = startStack({
    servers: ["redis"],
    folder,
    environment: ownEnvironment,
    redis: { args: ["--maxmemory", "nonsense"] },
  });
  await expect(start).rejects.toMatchObject({
    code: "STACK_START_FAILED",
    message: expect.stringContaining("nonsense"),
  });
  expect(readState(folder)).toBeUndefined();
});

test("a Redis whose port was taken while it was stopped says so", async () => {
  const { redis } = await startRedisStack();
  await redis.server?.stop();
  const squatter = createServer().listen(portOf(redis.url), "127.0.0.1");
  await once(squatter, "listening");
  await expect(redis.server?.start()).rejects.toMatchObject({ code: "STACK_PORT_TAKEN" });
  squatter.close();
  await redis.server?.start();
  expect(await isRedisReady(portOf(redis.url))).toBe(true);
});

test("a start without a server, or with an unknown one, is refused", async () => {
  await expect(startStack({ servers: [] })).rejects.toMatchObject({ code: "STACK_BAD_INPUT" });
  const names: readonly string[] = ["mysql"];
  // @ts-expect-error: a plain text is no server name, but a caller without types can give one.
  await expect(startStack({ servers: names })).rejects.toThrow('There is no server "mysql"');
});
