import { rmSync } from "node:fs";
import { connect } from "amqplib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RabbitmqNode } from "./rabbitmq.ts";
import { readRunningNodes } from "./rabbitmq-cluster.ts";
import { type Stack, startStack } from "./stack.ts";
import { readState } from "./state.ts";
import { describeServers, type ServerStatus } from "./status.ts";
import { listenAddresses, loopback6 } from "./test/listeners.ts";
import { ownEnvironment } from "./test/own-environment.ts";
import { findLeftovers, noteTraces } from "./test/traces.ts";
import { waitUntil } from "./wait.ts";

let stack: Stack<"rabbitmq">;

beforeAll(async () => {
  stack = await startStack({ servers: ["rabbitmq"], rabbitmq: { nodes: 3 }, environment: ownEnvironment });
}, 180_000);

afterAll(async () => {
  await stack?.stop();
});

function nodeAt(index: number): RabbitmqNode {
  const node = stack.amqp.nodes[index];
  if (node === undefined) throw new Error(`There is no node ${index}.`);
  return node;
}

function seesRunning(node: RabbitmqNode, count: number): Promise<boolean> {
  return waitUntil(async () => (await readRunningNodes(node.managementUrl)).length === count, { limitMs: 30_000 });
}

function describeRabbitmq(): ServerStatus | undefined {
  const state = readState(stack.folder ?? "");
  return state === undefined ? undefined : describeServers(state)[0];
}

/** Does something with a node's own AMQP connection. */
async function withChannel<Value>(
  node: RabbitmqNode,
  work: (channel: Awaited<ReturnType<Awaited<ReturnType<typeof connect>>["createConfirmChannel"]>>) => Promise<Value>,
): Promise<Value> {
  const connection = await connect(node.url);
  connection.on("error", () => undefined);
  try {
    const channel = await connection.createConfirmChannel();
    channel.on("error", () => undefined);
    return await work(channel);
  } finally {
    await connection.close();
  }
}

function countIn(queue: string, node: RabbitmqNode): Promise<number> {
  return withChannel(node, async (channel) => (await channel.checkQueue(queue)).messageCount);
}

/** Declares a queue on one node and puts three persistent, confirmed messages into it. */
async function fill(queue: string, node: RabbitmqNode, type: "classic" | "quorum"): Promise<void> {
  await withChannel(node, async (channel) => {
    await channel.assertQueue(queue, { durable: true, arguments: { "x-queue-type": type } });
    for (const text of ["a", "b", "c"]) channel.sendToQueue(queue, Buffer.from(text), { persistent: true });
    await channel.waitForConfirms();
  });
}

test("three nodes are one cluster of one name, and its address is the first one's", async () => {
  expect(stack.amqp.nodes.map(({ name }) => name)).toEqual(["rabbitmq-1", "rabbitmq-2", "rabbitmq-3"]);
  expect(stack.amqp.url).toBe(nodeAt(0).url);
  expect(stack.environment["SEQWATCH_AMQP_NODES"]).toBe(stack.amqp.nodes.map(({ url }) => url).join(","));
  const names = await Promise.all(
    stack.amqp.nodes.map(async ({ url }) => {
      const connection = await connect(url);
      await connection.close();
      return connection.connection.serverProperties["cluster_name"];
    }),
  );
  expect(new Set(names).size).toBe(1);
});

test.runIf(process.platform === "linux")("every process listens on the loopback address alone", () => {
  const server = describeRabbitmq();
  expect(server?.processes.map(({ name }) => name).toSorted()).toEqual([
    "rabbitmq-1",
    "rabbitmq-2",
    "rabbitmq-3",
    "rabbitmq-epmd",
  ]);
  const loopbacks = ["127.0.0.1", loopback6];
  expect(listenAddresses(server?.pids ?? []).filter((address) => !loopbacks.includes(address))).toEqual([]);
});

test("a killed node is missed by the others and comes back with its messages", { timeout: 120_000 }, async () => {
  await fill("kept", nodeAt(1), "classic");
  await nodeAt(1).stop("SIGKILL");
  expect(await seesRunning(nodeAt(0), 2)).toBe(true);
  await expect(countIn("kept", nodeAt(0))).rejects.toThrow("home node");
  await nodeAt(1).start();
  expect(await countIn("kept", nodeAt(0))).toBe(3);
});

test("a frozen node is shown as paused, and serves again when it is resumed", async () => {
  await nodeAt(2).pause();
  const server = describeRabbitmq();
  expect(server).toMatchObject({
    state: "paused",
    processes: expect.arrayContaining([expect.objectContaining({ name: "rabbitmq-3", state: "paused" })]),
  });
  await nodeAt(2).resume();
  expect(await seesRunning(nodeAt(2), 3)).toBe(true);
});

test("a node that lost its folder is forgotten, with what only it held, and joins anew", {
  timeout: 120_000,
}, async () => {
  const [first, last] = [nodeAt(0), nodeAt(2)];
  await fill("held-once", last, "classic");
  await fill("held-thrice", last, "quorum");
  await last.stop("SIGKILL");
  rmSync(last.dataDir ?? "", { recursive: true });
  expect(await waitUntil(async () => (await countIn("held-thrice", first)) === 3, { limitMs: 20_000 })).toBe(true);
  await stack.amqp.forget?.(last);
  await expect(countIn("held-once", first)).rejects.toThrow("no queue");
  expect(await countIn("held-thrice", first)).toBe(3);
  await last.start();
  expect(await seesRunning(last, 3)).toBe(true);
});

test("a cluster that is stopped leaves no process, folder or listener", async () => {
  const traces = noteTraces(stack.folder, stack.environment);
  expect(traces.processes).toHaveLength(4);
  await stack.stop();
  expect(await findLeftovers(traces)).toEqual([]);
});

test("a number of nodes that makes no sense is refused", async () => {
  const start = startStack({ servers: ["rabbitmq"], rabbitmq: { nodes: 0 }, environment: ownEnvironment });
  await expect(start).rejects.toThrow("rabbitmq.nodes is 0");
});
