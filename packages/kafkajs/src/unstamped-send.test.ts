import { createClient } from "@seqwatch/client";
import { createMemoryStore } from "@seqwatch/core";
import kafkajs from "kafkajs";
import { expect, test } from "vitest";
import { createFakeCluster } from "../test/fake-cluster.ts";
import type { KafkaSettings } from "./options.ts";
import { watchKafka } from "./watch-kafka.ts";

const tooLarge = { type: "MESSAGE_TOO_LARGE", retriable: false, code: 10, message: "MESSAGE_TOO_LARGE" };
const lane = { system: "kafka", cluster: "fake-cluster", destination: "orders", partition: "0" } as const;

/** A producer to a topic whose limit leaves no room for a header. */
async function setUp(settings: KafkaSettings = {}, config: kafkajs.ProducerConfig = {}) {
  const fake = createFakeCluster();
  fake.answer = ({ records }) =>
    records.some(({ headers }) => headers.length > 0)
      ? Reflect.construct(kafkajs.KafkaJSProtocolError, [tooLarge])
      : "stored";
  const store = createMemoryStore();
  const client = createClient({ service: "test", store, observer: { finding: () => {}, notice: () => {} } });
  const producer = watchKafka(fake.kafka, { client, ...settings }).producer({
    createPartitioner: () => () => 0,
    ...config,
  });
  await producer.connect();
  const ledger = async () => {
    await client.flush();
    return [...(await store.readLane(lane)).ledgers.values()][0];
  };
  return { fake, producer, ledger };
}

test("a message that fits only without its stamp is sent without, and counted as not audited", async () => {
  const { fake, producer, ledger } = await setUp();
  await expect(producer.send({ topic: "orders", messages: [{ value: "v" }] })).resolves.toMatchObject([
    { topicName: "orders", partition: 0, baseOffset: "0" },
  ]);
  await producer.sendBatch({ topicMessages: [{ topic: "orders", messages: [{ value: "w" }] }] });
  expect(fake.produced.flatMap(({ records }) => records)).toMatchObject([{ value: "v" }, { value: "w" }]);
  const voided = [{ reason: "unstamped", sequences: [1, 2] }];
  expect(await ledger()).toMatchObject({ voided, uncertain: [], unauditedCount: 2 });
});

test("a message that is too large either way is rejected as by the bare client", async () => {
  const { producer, ledger } = await setUp();
  const messages = [{ value: "v", headers: { own: "x" } }];
  await expect(producer.send({ topic: "orders", messages })).rejects.toMatchObject({ type: "MESSAGE_TOO_LARGE" });
  expect(await ledger()).toMatchObject({ voided: [{ reason: "too-large", sequences: [1, 1] }], unauditedCount: 0 });
});

test("a batch that is too large for stamps and too large for the broker counts as not sent, under the application's names", async () => {
  const { fake, producer, ledger } = await setUp({ stampBatchBytes: 500, reference: ({ key }) => String(key) });
  fake.answer = () => Reflect.construct(kafkajs.KafkaJSProtocolError, [tooLarge]);
  const messages = [
    { key: "first", value: "x".repeat(300) },
    { key: "second", value: "y".repeat(300) },
  ];
  await expect(producer.send({ topic: "orders", messages })).rejects.toMatchObject({ type: "MESSAGE_TOO_LARGE" });
  const voided = [{ reason: "too-large", sequences: [1, 2] }];
  const references = [
    { sequence: 1, text: "first" },
    { sequence: 2, text: "second" },
  ];
  expect(await ledger()).toMatchObject({ assigned: 2, voided, references, unauditedCount: 0 });
});

test("headers that are null cannot be stamped, and the message that kafkajs then refuses counts as not sent", async () => {
  const { producer, ledger } = await setUp();
  const record = { topic: "orders", messages: [{ value: "v", headers: null }] };
  await expect(Reflect.apply(producer.send.bind(producer), undefined, [record])).rejects.toThrow(TypeError);
  expect(await ledger()).toMatchObject({ voided: [{ reason: "refused", sequences: [1, 1] }], unauditedCount: 0 });
});

test("a batch without stamps that may be stored although its send was rejected stays unaudited", async () => {
  const { fake, producer, ledger } = await setUp({ stampBatchBytes: 1 }, { retry: { retries: 0 } });
  const gone = { type: "NOT_ENOUGH_REPLICAS", retriable: true, code: 19, message: "NOT_ENOUGH_REPLICAS" };
  fake.answer = () => Reflect.construct(kafkajs.KafkaJSProtocolError, [gone]);
  await expect(producer.send({ topic: "orders", messages: [{ value: "v" }] })).rejects.toThrow("NOT_ENOUGH_REPLICAS");
  expect(await ledger()).toMatchObject({ assigned: 0, voided: [], unauditedCount: 1 });
});
