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

describe("a consumer", () => {
  test("that leaves its batch early leaves the rest behind once its own commit has passed it", async () => {
    const topic = await createTopic(1);
    const { kafka, store } = createProcess();
    const producer = await connectProducer(kafka);
    await producer.send({ topic, messages: messages(10) });
    await startConsumer(kafka, topic, {
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) if (message.offset === "6") break;
      },
    });
    await vi.waitFor(async () => {
      const left = { handled: [0, 5], givenUp: [7, 9], jumped: [], processed: [1, 6] };
      expect(await doneOf(store, topic, 0)).toEqual(left);
    }, patience);
  });

  test("that seeks forward has jumped over what lies between", async () => {
    const topic = await createTopic(1);
    const { kafka, store } = createProcess();
    const producer = await connectProducer(kafka);
    await producer.send({ topic, messages: messages(5) });
    let handledCount = 0;
    const consumer = await startConsumer(kafka, topic, { eachMessage: async () => void (handledCount += 1) });
    await vi.waitFor(() => expect(handledCount).toBe(5), patience);
    consumer.pause([{ topic }]);
    await producer.send({ topic, messages: messages(10) });
    consumer.seek({ topic, partition: 0, offset: "12" });
    consumer.resume([{ topic }]);
    await vi.waitFor(async () => {
      const jumped = { handled: [0, 4, 12, 14], givenUp: [], jumped: [5, 11], processed: [1, 5, 13, 15] };
      expect(await doneOf(store, topic, 0)).toEqual(jumped);
    }, patience);
  });

  test("that shares its group with others covers every offset together with them, and leaves cleanly", async () => {
    const topic = await createTopic(4);
    const sender = createProcess();
    const producer = await connectProducer(sender.kafka);
    await producer.send({ topic, messages: messages(200) });
    const work = { eachMessage: () => new Promise<void>((resolve) => void setTimeout(resolve, 2)) };
    const first = await startConsumer(createProcess(sender.store).kafka, topic, work);
    await startConsumer(createProcess(sender.store).kafka, topic, work);
    await producer.send({ topic, messages: messages(200) });
    await first.disconnect();
    await producer.send({ topic, messages: messages(200) });
    for (const partition of [0, 1, 2, 3]) {
      await vi.waitFor(async () => {
        const count = (await ledgerOf(sender.store, topic, partition))?.assigned ?? 0;
        const all = { handled: [0, count - 1], givenUp: [], jumped: [], processed: [1, count] };
        expect(await doneOf(sender.store, topic, partition)).toEqual(all);
        const members = [...((await groupOf(sender.store, topic, partition))?.members.values() ?? [])];
        expect(members.filter(({ claim }) => claim.state === "open").length).toBe(1);
      }, patience);
    }
  });

  test("that is switched off testifies nothing until the next batch after it is on again", async () => {
    const topic = await createTopic(1);
    const sender = createProcess();
    const producer = await connectProducer(sender.kafka);
    const receiver = createProcess(sender.store);
    let handledCount = 0;
    await startConsumer(receiver.kafka, topic, { eachMessage: async () => void (handledCount += 1) });
    const sendAndWait = async (upTo: number): Promise<void> => {
      await producer.send({ topic, messages: messages(5) });
      await vi.waitFor(() => expect(handledCount).toBe(upTo), patience);
    };
    await sendAndWait(5);
    receiver.client.setRecording(false);
    await sendAndWait(10);
    receiver.client.setRecording(true);
    await sendAndWait(15);
    await vi.waitFor(async () => {
      const all = { handled: [0, 4, 10, 14], givenUp: [], jumped: [], processed: [1, 5, 11, 15] };
      expect(await doneOf(sender.store, topic, 0)).toEqual(all);
    }, patience);
    expect((await groupOf(sender.store, topic, 0))?.doubtTo).toBeGreaterThanOrEqual(11);
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
