import { describe, expect, test, vi } from "vitest";
import { AckMissingError } from "../src/index.ts";
import {
  connectProducer,
  createKafka,
  createProcess,
  createTopic,
  doneOf,
  groupOf,
  ledgerOf,
  messages,
  startConsumer,
} from "./support.ts";

const patience = { timeout: 30_000, interval: 50 };

describe("without any fault", () => {
  test("the ledger places every message, and the testimony covers every offset", async () => {
    const topic = await createTopic(3);
    const sender = createProcess();
    const producer = await connectProducer(sender.kafka);
    for (let round = 0; round < 10; round += 1) await producer.send({ topic, messages: messages(50) });
    const receiver = createProcess(sender.store);
    await startConsumer(receiver.kafka, topic, { eachMessage: async () => {} });
    for (const partition of [0, 1, 2]) {
      await vi.waitFor(async () => {
        const ledger = await ledgerOf(sender.store, topic, partition);
        const count = ledger?.assigned ?? 0;
        expect(count).toBeGreaterThan(0);
        expect(ledger).toMatchObject({
          acked: [1, count],
          omitted: [],
          uncertain: [],
          chunks: [{ first: 1, last: count, low: 0, high: count - 1, exact: true }],
        });
        expect(await doneOf(sender.store, topic, partition)).toEqual({
          handled: [0, count - 1],
          givenUp: [],
          jumped: [],
          processed: [1, count],
        });
      }, patience);
    }
    expect([...sender.notices, ...receiver.notices]).toEqual([]);
  });

  test("a handler that fails now and then leaves no gap", async () => {
    const topic = await createTopic(1);
    const { kafka, store } = createProcess();
    const producer = await connectProducer(kafka);
    await producer.send({ topic, messages: messages(20) });
    let failures = 2;
    await startConsumer(kafka, topic, {
      retry: { initialRetryTime: 10, retries: 10 },
      eachMessage: async ({ message }) => {
        if (message.offset === "7" && failures-- > 0) throw new Error("try again");
      },
    });
    await vi.waitFor(async () => {
      const all = { handled: [0, 19], givenUp: [], jumped: [], processed: [1, 20] };
      expect(await doneOf(store, topic, 0)).toEqual(all);
    }, patience);
  });

  test("what a commit covers was reported before it", async () => {
    const topic = await createTopic(1);
    const { kafka, store } = createProcess();
    const producer = await connectProducer(kafka);
    await producer.send({ topic, messages: messages(100) });
    const late: unknown[] = [];
    let committed = 0;
    const consumer = kafka.consumer({ groupId: "billing", maxWaitTimeInMs: 100 });
    const checkCommit = async (next: number): Promise<void> => {
      // The memory store has taken in what was written before this tick.
      const { handled = [] } = (await groupOf(store, topic, 0))?.done.get(0) ?? {};
      if (handled[1] !== next - 1) late.push({ next, handled });
      committed = next;
    };
    consumer.on("consumer.commit_offsets", ({ payload }) => {
      void checkCommit(Number(payload.topics[0]?.partitions[0]?.offset));
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async () => {} });
    await vi.waitFor(() => expect(committed).toBe(100), patience);
    await consumer.disconnect();
    expect(late).toEqual([]);
  });
});

describe("an answer that leaves a partition out", () => {
  test("is told at once", async () => {
    const topic = await createTopic(2);
    const { kafka, store, notices, client } = createProcess();
    const producer = await connectProducer(kafka);
    expect(await producer.send({ topic, messages: [{ value: "lost", partition: 99 }] })).toEqual([]);
    expect(notices).toMatchObject([{ kind: "omitted", sequences: [1, 1], lane: { partition: "99" } }]);
    await client.flush();
    expect(await ledgerOf(store, topic, 99)).toMatchObject({ omitted: [1, 1] });
  });

  /** A producer whose metadata is older than the topic's fourth partition (kafkajs sends nothing there, and resolves). */
  async function withStaleMetadata(onAckMissing: "reject" | "resend") {
    const topic = await createTopic(3);
    const process = createProcess(undefined, { onAckMissing });
    const producer = await connectProducer(process.kafka);
    await producer.send({ topic, messages: messages(3) });
    const admin = createKafka().admin();
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    await admin.disconnect();
    return { topic, producer, ...process };
  }

  test("rejects where that was asked for", async () => {
    const { topic, producer } = await withStaleMetadata("reject");
    const sent = producer.send({ topic, messages: [{ value: "new", partition: 3 }] });
    await expect(sent).rejects.toThrow(AckMissingError);
  });

  test("is followed by a resend that finds the partition", async () => {
    const { topic, producer, store, client } = await withStaleMetadata("resend");
    const answer = await vi.waitFor(
      () => producer.send({ topic, messages: [{ value: "new", partition: 3 }] }),
      patience,
    );
    expect(answer).toMatchObject([{ partition: 3, baseOffset: "0" }]);
    await client.flush();
    expect((await ledgerOf(store, topic, 3))?.acked.at(-1)).toBe((await ledgerOf(store, topic, 3))?.assigned);
  });
});

describe("transactions", () => {
  test("are acked when committed, void when aborted, and their markers are no gap", async () => {
    const topic = await createTopic(1);
    const { kafka, store, client } = createProcess();
    const producer = await connectProducer(kafka, { transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
    const committed = await producer.transaction();
    await committed.send({ topic, messages: messages(3) });
    await client.flush();
    expect(await ledgerOf(store, topic, 0)).toMatchObject({ assigned: 3, acked: [] });
    await committed.commit();
    const aborted = await producer.transaction();
    await aborted.send({ topic, messages: messages(2) });
    await aborted.abort();
    const last = await producer.transaction();
    await last.send({ topic, messages: messages(1) });
    await last.commit();
    await client.flush();
    expect(await ledgerOf(store, topic, 0)).toMatchObject({
      acked: [1, 3, 6, 6],
      voided: [{ reason: "aborted", sequences: [4, 5] }],
    });
    await startConsumer(kafka, topic, { eachMessage: async () => {} });
    await vi.waitFor(async () => {
      // 0 to 2 and their marker, 4 and 5 aborted and theirs, 7.
      expect(await doneOf(store, topic, 0)).toMatchObject({ processed: [1, 3, 6, 6] });
      expect((await groupOf(store, topic, 0))?.done.get(0)?.handled).toMatchObject([
        0,
        expect.toSatisfy((last) => last >= 7),
      ]);
    }, patience);
  });
});

test("the headers that arrive, less ours, are those that the bare client sends", async () => {
  const [bareTopic, watchedTopic] = [await createTopic(1), await createTopic(1)];
  const record = {
    messages: [{ value: "v", headers: { a: "1", b: [Buffer.from([0, 255]), "2"], "": "empty" } }, { value: "w" }],
  };
  await (await connectProducer(createKafka())).send({ topic: bareTopic, ...record });
  await (await connectProducer(createProcess().kafka)).send({ topic: watchedTopic, ...record });
  const read = async (topic: string): Promise<unknown[]> => {
    const seen: unknown[] = [];
    await startConsumer(createKafka(), topic, {
      groupId: topic,
      eachMessage: async ({ message }) => {
        const { seqwatch: _, ...headers } = message.headers ?? {};
        seen.push([message.key, message.value, Object.entries(headers)]);
      },
    });
    await vi.waitFor(() => expect(seen.length).toBe(2), patience);
    return seen;
  };
  expect(await read(watchedTopic)).toEqual(await read(bareTopic));
});
