import { describe, expect, test, vi } from "vitest";
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

  test.each([
    ["of its own process", true],
    ["of another process", false],
  ])(
    "that shares its group with one %s covers every offset together with it, and leaves cleanly",
    async (_, isOneProcess) => {
      const topic = await createTopic(4);
      const sender = createProcess();
      const producer = await connectProducer(sender.kafka);
      await producer.send({ topic, messages: messages(200) });
      const work = { eachMessage: () => new Promise<void>((resolve) => void setTimeout(resolve, 2)) };
      const processes = [createProcess(sender.store), createProcess(sender.store)] as const;
      const first = await startConsumer(processes[0].kafka, topic, work);
      await startConsumer(processes[isOneProcess ? 0 : 1].kafka, topic, work);
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
    },
  );

  test("that crashes for good has left, with all that it processed told", async () => {
    const topic = await createTopic(1);
    const { kafka, store } = createProcess();
    const producer = await connectProducer(kafka);
    await producer.send({ topic, messages: messages(10) });
    await startConsumer(kafka, topic, {
      eachMessage: async ({ message }) => {
        if (message.offset === "4") throw new TypeError("a bug of the application");
      },
    });
    await vi.waitFor(async () => {
      expect(await doneOf(store, topic, 0)).toEqual({ handled: [0, 3], givenUp: [], jumped: [], processed: [1, 4] });
      const members = [...((await groupOf(store, topic, 0))?.members.values() ?? [])];
      expect(members.map(({ claim }) => claim.state)).toEqual(["closed"]);
    }, patience);
  });

  test("whose position is reset, because the log no longer has it, has jumped over what is gone", async () => {
    const topic = await createTopic(1);
    const { kafka, store } = createProcess();
    const producer = await connectProducer(kafka);
    await producer.send({ topic, messages: messages(5) });
    let handledCount = 0;
    const consumer = await startConsumer(kafka, topic, { eachMessage: async () => void (handledCount += 1) });
    await vi.waitFor(() => expect(handledCount).toBe(5), patience);
    consumer.pause([{ topic }]);
    await producer.send({ topic, messages: messages(20) });
    const admin = createKafka().admin();
    await admin.connect();
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "15" }] });
    await admin.disconnect();
    consumer.resume([{ topic }]);
    await vi.waitFor(async () => {
      const reset = { handled: [0, 4, 15, 24], givenUp: [], jumped: [5, 14], processed: [1, 5, 16, 25] };
      expect(await doneOf(store, topic, 0)).toEqual(reset);
    }, patience);
  });

  test("that commits by itself leaves behind only what its own commit has passed", async () => {
    const topic = await createTopic(1);
    const { kafka, store } = createProcess();
    const producer = await connectProducer(kafka);
    await producer.send({ topic, messages: messages(10) });
    let isOver = false;
    const consumer = await startConsumer(kafka, topic, {
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const message of batch.messages) if (message.offset === "3") break;
        isOver = true;
      },
    });
    await vi.waitFor(() => expect(isOver).toBe(true), patience);
    await vi.waitFor(async () => expect(await doneOf(store, topic, 0)).toMatchObject({ handled: [0, 2] }), patience);
    expect(await doneOf(store, topic, 0)).toMatchObject({ givenUp: [] });
    await consumer.commitOffsets([{ topic, partition: 0, offset: "7" }]);
    await vi.waitFor(async () => expect(await doneOf(store, topic, 0)).toMatchObject({ givenUp: [4, 6] }), patience);
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
