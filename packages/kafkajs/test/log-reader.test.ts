import { type KafkaReading, type Lane, type LogRange } from "@seqwatch/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { createKafkaReader, kafkaMemberIdsOf } from "../src/index.ts";
import {
  connectProducer,
  createKafka,
  createProcess,
  createTopic,
  lanesOf,
  messages,
  startConsumer,
} from "./support.ts";

const patience = { timeout: 30_000, interval: 50 };
const nowMs = (): number => performance.now();

/** Reads until there is evidence, as an auditor does pass by pass. */
async function readLog(
  lane: Lane,
  wanted: readonly LogRange[],
  options: {
    readonly groups?: readonly string[];
    readonly memberIds?: () => Promise<ReadonlyMap<string, string>>;
  } = {},
): Promise<KafkaReading> {
  const { groups = [], ...rest } = options;
  const reader = createKafkaReader(createKafka(), rest);
  onTestFinished(() => reader.close());
  return await vi.waitFor(async () => {
    const reading = await reader.readLog?.(lane, wanted, groups, nowMs);
    if (reading === undefined) throw new Error("There is no evidence yet.");
    return reading;
  }, patience);
}

async function sendTo(topic: string, count: number): Promise<Lane> {
  const { kafka, store, client } = createProcess();
  const producer = await connectProducer(kafka);
  for (let sent = 0; sent < count; sent += 100)
    await producer.send({ topic, messages: messages(Math.min(100, count - sent)) });
  await client.flush();
  const [lane] = await lanesOf(store, topic);
  if (lane === undefined) throw new Error("Nothing was reported.");
  return lane;
}

test("the ends of the log, and the stamps of just the wanted ranges, are read", async () => {
  const lane = await sendTo(await createTopic(1), 250);
  const reading = await readLog(lane, [
    { first: 98, last: 102 },
    { first: 248, last: 400 },
  ]);
  expect(reading).toMatchObject({
    logStart: 0,
    logEnd: 250,
    highWatermark: 250,
    lastStableOffset: 250,
    compacted: false,
    // The brokers that tests run on let a group's first member in at once.
    firstJoinDelayMs: 0,
  });
  expect(reading.extracts.map(({ first, last }) => [first, last])).toEqual([
    [98, 102],
    [248, 249],
  ]);
  const pairs = reading.extracts.flatMap(({ stamps }) => stamps.map(({ sequence, offset }) => [sequence, offset]));
  expect(pairs).toEqual([98, 99, 100, 101, 102, 248, 249].map((offset) => [offset + 1, offset]));
});

test("records without a stamp are named as such", async () => {
  const topic = await createTopic(1);
  const lane = await sendTo(topic, 3);
  await (await connectProducer(createKafka())).send({ topic, messages: messages(2) });
  const [extract] = (await readLog(lane, [{ first: 0, last: 9 }])).extracts;
  expect(extract).toMatchObject({
    first: 0,
    last: 4,
    unstamped: [3, 4],
    stamps: [{ offset: 0 }, { offset: 1 }, { offset: 2 }],
  });
});

test("aborted records, control records and what is still open are no records", async () => {
  const topic = await createTopic(1);
  const lane = await sendTo(topic, 2);
  const bare = await connectProducer(createKafka(), {
    transactionalId: topic,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  const aborted = await bare.transaction();
  await aborted.send({ topic, messages: messages(2) });
  await aborted.abort();
  await sendTo(topic, 1);
  const open = await bare.transaction();
  await open.send({ topic, messages: messages(1) });
  const reading = await readLog(lane, [{ first: 0, last: 99 }]);
  const [extract] = reading.extracts;
  expect(reading.lastStableOffset).toBeLessThan(reading.highWatermark);
  expect(extract?.last).toBe(reading.lastStableOffset - 1);
  // The broker writes an abort's marker after it has answered, so the record behind it lies at 4 or 5.
  expect(extract?.stamps.map(({ sequence }) => sequence)).toEqual([1, 2, 1]);
  expect(extract?.stamps[2]?.offset).toBeGreaterThanOrEqual(4);
  expect(extract?.unstamped).toEqual([]);
  // The aborted ones and the mark behind them: something is there.
  expect(extract?.undelivered?.[0]).toBe(2);
  expect(extract?.undelivered?.at(-1)).toBeGreaterThanOrEqual(4);
  await open.abort();
});

test("what is below the log start is not claimed to have been read", async () => {
  const topic = await createTopic(1);
  const lane = await sendTo(topic, 50);
  const admin = createKafka().admin();
  onTestFinished(() => admin.disconnect());
  await admin.connect();
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "30" }] });
  const reading = await readLog(lane, [{ first: 20, last: 40 }]);
  expect(reading.logStart).toBe(30);
  expect(reading.extracts).toMatchObject([{ first: 30, last: 40 }]);
  expect(reading.extracts[0]?.stamps[0]?.offset).toBe(30);
});

test("a group's commit and its members are read, and the living watched ones are not foreign", async () => {
  const topic = await createTopic(1);
  const lane = await sendTo(topic, 10);
  const group = `group-${topic}`;
  const watched = createProcess();
  await startConsumer(watched.kafka, topic, { groupId: group, eachMessage: async () => {} });
  const memberIds = async (): Promise<ReadonlyMap<string, string>> =>
    kafkaMemberIdsOf(await watched.store.readClients());
  const read = async () => (await readLog(lane, [], { groups: [group], memberIds })).groups.get(group);
  await vi.waitFor(async () => {
    expect(await read()).toMatchObject({ committed: 10, isEmpty: false, foreignMemberCount: 0 });
  }, patience);
  await startConsumer(createKafka(), topic, { groupId: group, eachMessage: async () => {} });
  await vi.waitFor(async () => expect(await read()).toMatchObject({ foreignMemberCount: 1 }), patience);
});

test("reading leaves no group behind, and a group that is not there is empty", async () => {
  const lane = await sendTo(await createTopic(1), 1);
  const reading = await readLog(lane, [{ first: 0, last: 0 }], { groups: ["nobody"] });
  expect(reading.groups.get("nobody")).toMatchObject({ committed: undefined, isEmpty: true, foreignMemberCount: 0 });
  const admin = createKafka().admin();
  onTestFinished(() => admin.disconnect());
  await admin.connect();
  const { groups } = await admin.listGroups();
  expect(groups.map(({ groupId }) => groupId)).not.toContain("nobody");
});

test("a compacted topic is known as one", async () => {
  const lane = await sendTo(await createTopic(1, { "cleanup.policy": "compact" }), 1);
  expect(await readLog(lane, [])).toMatchObject({ compacted: true });
});

test("a reading stays within its count of records", async () => {
  const lane = await sendTo(await createTopic(1), 300);
  const reader = createKafkaReader(createKafka(), { maxRecords: 100, timeLimitMs: 10_000 });
  onTestFinished(() => reader.close());
  const reading = await vi.waitFor(async () => {
    const reading = await reader.readLog?.(lane, [{ first: 0, last: 299 }], [], nowMs);
    if (reading === undefined) throw new Error("There is no evidence yet.");
    return reading;
  }, patience);
  const [extract] = reading.extracts;
  expect(extract?.last).toBe(99);
  expect(extract?.stamps.length).toBe(100);
});

test("a topic that is not there, or of another cluster, is no evidence", async () => {
  const lane = await sendTo(await createTopic(1), 1);
  const reader = createKafkaReader(createKafka());
  onTestFinished(() => reader.close());
  expect(await reader.readLog?.({ ...lane, destination: "no-such-topic" }, [], [], nowMs)).toBeUndefined();
  expect(await reader.readLog?.({ ...lane, cluster: "another" }, [], [], nowMs)).toBeUndefined();
});

test("a partition beyond the topic's count is read as not there", async () => {
  const lane = await sendTo(await createTopic(2), 1);
  expect(await readLog({ ...lane, partition: "99" }, [])).toMatchObject({
    partitionCount: 2,
    leader: -1,
    logEnd: 0,
    extracts: [],
  });
  expect((await readLog({ ...lane, partition: "1" }, [])).partitionCount).toBeUndefined();
});
