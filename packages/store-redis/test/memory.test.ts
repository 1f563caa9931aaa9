import type { Lane, Store } from "@seqwatch/core";
import { redisStore } from "@seqwatch/store-redis";
import { deliveries, ledger, streamDeliveries, streamTestimony, testimony } from "@seqwatch/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RedisProcess, startRedisProcess } from "./redis-process.ts";

const laneCount = 10;
const streamsPerLane = 100;
const all = [1, 1_000_000];
const totals = {
  received: 100_000_000,
  processed: 100_000_000,
  redelivered: 0,
  unstamped: 0,
  forwarded: 0,
  skipped: 0,
};

let server: RedisProcess;
let store: Store;
beforeAll(async () => {
  server = await startRedisProcess();
  store = redisStore({ url: server.url, commandTimeoutMs: 10_000 });
});
afterAll(async () => {
  await store.close();
  await server.close();
});

/** What 1,000 streams in 10 lanes take, per stream. The first filling takes what is taken once: scripts, buffers. */
async function bytesPerStream(fill: (partition: number) => Promise<void>): Promise<number> {
  for (let partition = 0; partition < laneCount; partition++) await fill(partition);
  await server.command("FLUSHALL", "SYNC");
  const before = await usedMemory();
  for (let partition = 0; partition < laneCount; partition++) await fill(partition);
  return ((await usedMemory()) - before) / (laneCount * streamsPerLane);
}

async function usedMemory(): Promise<number> {
  const info = String(await server.command("INFO", "memory"));
  return Number(/used_memory_dataset:(\d+)/.exec(info)?.[1]);
}

/** An id as clients draw it: 11 base64url characters. */
function idOf(kind: string, index: number): string {
  return `${kind}${index}`.padEnd(11, "x");
}

async function reportLedgers(lane: Lane, changes: Parameters<typeof ledger>[0]): Promise<readonly string[]> {
  const streams = Array.from({ length: streamsPerLane }, (_, index) => idOf(`p${lane.partition}-`, index));
  for (const [index, producerId] of streams.entries()) {
    const link = { producerId, number: 86_400, nonce: idOf("n", index), clientId: idOf("c", index) };
    await store.reportLedger(lane, ledger({ ...link, assigned: 1_000_000, acked: all, ...changes }));
  }
  return streams;
}

test("a healthy Kafka stream with one group takes 200 bytes at most, keys and expiry included", async ({
  annotate,
}) => {
  const bytes = await bytesPerStream(async (partition) => {
    const lane = {
      system: "kafka",
      cluster: "vJ1xT8mKQc2l0a9b8c7d6e",
      destination: "orders",
      partition: `${partition}`,
    } as const;
    const chunks = [{ first: 1, last: 1_000_000, low: 100_000, high: 180_000_000, exact: false, era: 0 }];
    const streams = await reportLedgers(lane, { chunks });
    const report = testimony({
      group: "billing-service",
      clientId: idOf("m", 1),
      nonce: idOf("n", 1),
      handled: [0, 180_000_000],
      epochs: [{ epoch: 12, first: 0, last: 180_000_000 }],
      streams: streams.map((producerId) => streamTestimony({ producerId, processed: all })),
      totals,
      claim: { state: "open", inWork: { offset: 180_000_001, forMs: 20, tries: 1 }, committed: 180_000_001 },
    });
    await store.reportTestimony(lane, report);
  });
  const lane = "seqwatch:{kafka/vJ1xT8mKQc2l0a9b8c7d6e/orders/0}";
  expect(await server.command("OBJECT", "ENCODING", lane)).toBe("listpack");
  await annotate(`${bytes.toFixed(0)} bytes a stream`);
  expect(bytes).toBeLessThan(200);
});

test("a healthy RabbitMQ stream with one queue takes 200 bytes at most, keys and expiry included", async ({
  annotate,
}) => {
  const bytes = await bytesPerStream(async (partition) => {
    const lane = {
      system: "rabbitmq",
      cluster: "rabbit@host/",
      destination: "orders",
      partition: `${partition}`,
    } as const;
    const streams = await reportLedgers(lane, {});
    const report = deliveries({
      queue: "billing-service",
      consumerId: idOf("q", 1),
      clientId: idOf("m", 1),
      nonce: idOf("n", 1),
      streams: streams.map((producerId) => streamDeliveries({ producerId, received: all, fresh: all, processed: all })),
      highest: streams.slice(0, 2).map((producerId) => ({ producerId, sequence: 1_000_000 })),
      totals,
    });
    await store.reportDeliveries(lane, report);
  });
  await annotate(`${bytes.toFixed(0)} bytes a stream`);
  expect(bytes).toBeLessThan(200);
});
