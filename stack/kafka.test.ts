import { afterAll, beforeAll, expect, test } from "vitest";
import type { KafkaBroker } from "./kafka.ts";
import { readLivingBrokers } from "./kafka-probe.ts";
import { type Stack, startStack } from "./stack.ts";
import { ownEnvironment } from "./test/own-environment.ts";
import { waitUntil } from "./wait.ts";

const limitMs = 60_000;
let stack: Stack<"kafka">;

beforeAll(async () => {
  stack = await startStack({ servers: ["kafka"], environment: ownEnvironment });
}, 180_000);

afterAll(async () => {
  await stack?.stop();
});

function brokerAt(index: number): { readonly broker: KafkaBroker; readonly port: number } {
  const broker = stack.kafka.nodes[index];
  if (broker === undefined) throw new Error(`There is no broker ${index}.`);
  return { broker, port: Number(broker.address.split(":")[1]) };
}

async function seesBrokers(port: number, nodeIds: readonly number[]): Promise<boolean> {
  const seen = await readLivingBrokers(port);
  return seen !== undefined && seen.toSorted((left, right) => left - right).join() === nodeIds.join();
}

test("each of three brokers knows all of them when the stack is up", async () => {
  const views = await Promise.all(stack.kafka.nodes.map((_, index) => seesBrokers(brokerAt(index).port, [1, 2, 3])));
  expect(views).toEqual([true, true, true]);
});

test("a killed broker is missed by the others and comes back at its own address", { timeout: 120_000 }, async () => {
  const { broker } = brokerAt(0);
  const { port: otherPort } = brokerAt(1);
  const killedPid = broker.pid;
  await broker.stop("SIGKILL");
  expect(broker.pid).toBeUndefined();
  expect(await waitUntil(() => seesBrokers(otherPort, [2, 3]), { limitMs })).toBe(true);
  await broker.start();
  expect(broker.pid).not.toBe(killedPid);
  expect(await waitUntil(() => seesBrokers(otherPort, [1, 2, 3]), { limitMs })).toBe(true);
});

test("a broker that is asked to stop leaves the cluster before it ends", { timeout: 120_000 }, async () => {
  const { broker } = brokerAt(1);
  await broker.stop("SIGTERM");
  expect(await seesBrokers(brokerAt(0).port, [1, 3])).toBe(true);
  await broker.start();
});

test("a frozen broker is fenced and comes back when it is resumed", { timeout: 120_000 }, async () => {
  const { broker } = brokerAt(2);
  const { port: otherPort } = brokerAt(0);
  await broker.pause();
  expect(await waitUntil(() => seesBrokers(otherPort, [1, 2]), { limitMs })).toBe(true);
  await broker.resume();
  expect(await waitUntil(() => seesBrokers(otherPort, [1, 2, 3]), { limitMs })).toBe(true);
});
