import { createClient } from "@seqwatch/client";
import { createMemoryStore, laneHashOf, stampHeader, stampPrefixOf } from "@seqwatch/core";
import { expect, onTestFinished, test } from "vitest";
import type { BrokerPort, ClusterPort } from "./cluster.ts";
import { Members } from "./members.ts";
import type { ConsumerPort, RunConfigPort } from "./port.ts";
import { WatchedConsumer } from "./watched-consumer.ts";

const prefix = stampPrefixOf(
  "AAAAAAAAAAA",
  laneHashOf({ system: "kafka", cluster: "c", destination: "orders", partition: "0" }),
);
const refused = () => Promise.reject(new Error("Nobody asks for this here."));

/** A consumer in a group, as kafkajs moves it: its events, its joins, and the messages that its handler is given. */
async function setUp(config: RunConfigPort = {}, work: () => Promise<void> = async () => {}) {
  const client = createClient({ service: "test", store: createMemoryStore(), observer: silent });
  onTestFinished(() => client.close());
  let generation = 1;
  const others = { metadata: refused, describeGroups: refused, describeConfigs: refused, offsetFetch: refused };
  const broker: BrokerPort = {
    ...others,
    fetch: refused,
    listOffsets: refused,
    offsetCommit: async () => {},
    joinGroup: async ({ memberId }: { readonly memberId?: string }) => ({ memberId, generationId: generation }),
  };
  const cluster: ClusterPort = {
    brokerPool: { metadata: { clusterId: "c" } },
    connect: refused,
    disconnect: refused,
    refreshMetadata: refused,
    findTopicPartitionMetadata: () => [],
    findBroker: async () => broker,
    findGroupCoordinator: async () => broker,
  };
  const listeners = new Map<string, (event: { readonly payload?: unknown }) => void>();
  let handler: NonNullable<RunConfigPort["eachMessage"]> = () => {};
  const bare: ConsumerPort = {
    on: (event, listener) => {
      listeners.set(event, listener);
      return () => {};
    },
    disconnect: async () => {},
    seek: () => {},
    run: async (wrapped) => {
      handler = wrapped?.eachMessage ?? handler;
    },
  };
  const parts = { client, members: new Members(client), cluster, groupId: "billing", maxDisorder: 64 };
  const { consumer } = new WatchedConsumer(bare, { ...parts, onDuplicate: "skip" });
  const worked: number[] = [];
  const eachMessage: RunConfigPort["eachMessage"] = async ({ message }) => {
    worked.push(Number(message.offset));
    await work();
  };
  await consumer.run({ ...config, eachMessage });
  const emit = (event: string, payload: object) => listeners.get(`consumer.${event}`)?.({ payload });
  return {
    consumer,
    worked,
    join: async (memberId: string, atGeneration: number, ...partitions: readonly number[]) => {
      generation = atGeneration;
      await (await cluster.findBroker({ nodeId: 1 })).joinGroup?.({ memberId });
      emit("group_join", { memberId, memberAssignment: { orders: partitions } });
    },
    deliver: async (...offsets: readonly number[]) => {
      const [firstOffset, lastOffset] = [String(offsets[0]), String(offsets.at(-1))];
      const batch = { topic: "orders", partition: 0, firstOffset, lastOffset, batchSize: offsets.length };
      emit("start_batch_process", { ...batch, highWatermark: "9" });
      for (const offset of offsets) {
        const headers = { [stampHeader]: Buffer.from(`${prefix}${offset + 1}`) };
        await handler({ topic: "orders", partition: 0, message: { offset: String(offset), headers } });
      }
      emit("end_batch_process", { ...batch, highWatermark: "9" });
    },
  };
}

const silent = { finding: () => {}, notice: () => {} };

test("what comes again after a rebalance in which a member kept its partition is skipped", async () => {
  const { join, deliver, worked } = await setUp();
  await join("m", 1, 0);
  await deliver(0, 1, 2);
  await join("m", 2, 0);
  await deliver(1, 2, 3);
  expect(worked).toEqual([0, 1, 2, 3]);
});

test.each([
  ["a generation came between", "m", 3],
  ["the member had left its group", "n", 2],
] as const)(
  "nothing is skipped when %s: others may have worked, and an operator may have set it back",
  async (_, id, at) => {
    const { join, deliver, worked } = await setUp();
    await join("m", 1, 0);
    await deliver(0, 1);
    await join(id, at, 0);
    await deliver(0, 1);
    expect(worked).toEqual([0, 1, 0, 1]);
  },
);

test("nothing is skipped that comes back from another member", async () => {
  const { join, deliver, worked } = await setUp();
  await join("m", 1, 0);
  await deliver(0, 1);
  await join("m", 2, 7);
  await join("m", 3, 0);
  await deliver(0, 1);
  expect(worked).toEqual([0, 1, 0, 1]);
});

test("nothing is skipped where the application commits by itself: what it keeps until then is gone with a rebalance", async () => {
  const { join, deliver, worked } = await setUp({ autoCommit: false });
  await join("m", 1, 0);
  await deliver(0, 1);
  await join("m", 2, 0);
  await deliver(0, 1);
  expect(worked).toEqual([0, 1, 0, 1]);
});

test("nothing is skipped that the application went back for, also where a rebalance comes first", async () => {
  const { consumer, join, deliver, worked } = await setUp();
  await join("m", 1, 0);
  await deliver(0, 1);
  consumer.seek({ topic: "orders", partition: 0, offset: "0" });
  await join("m", 2, 0);
  await deliver(0, 1);
  expect(worked).toEqual([0, 1, 0, 1]);
});

test("nothing is skipped that was still being worked when the group had gone on", async () => {
  const gate = Promise.withResolvers<void>();
  const { join, deliver, worked } = await setUp({}, () => gate.promise);
  await join("m", 1, 0);
  const late = deliver(0, 1);
  await join("m", 5, 0);
  gate.resolve();
  await late;
  await join("m", 6, 0);
  await deliver(0, 1);
  expect(worked).toEqual([0, 1, 0, 1]);
});
