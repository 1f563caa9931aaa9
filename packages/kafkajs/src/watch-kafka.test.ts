import { ClientError, createClient } from "@seqwatch/client";
import { createMemoryStore, type Notice } from "@seqwatch/core";
import kafkajs from "kafkajs";
import { expect, test, vi } from "vitest";
import { createFakeCluster } from "../test/fake-cluster.ts";
import { clientOf, watchKafka } from "./watch-kafka.ts";

const silent = { finding: () => {}, notice: () => {} };
const options = { service: "test", store: createMemoryStore(), observer: silent };

test("kafkajs still warns once of its default partitioner, and is not warned of by us", () => {
  vi.stubEnv("KAFKAJS_NO_PARTITIONER_WARNING", undefined);
  const warnings: string[] = [];
  const logCreator = () => (entry: kafkajs.LogEntry) => void warnings.push(entry.log.message);
  const kafka = watchKafka(new kafkajs.Kafka({ brokers: ["127.0.0.1:1"], logCreator }), options);
  kafka.producer({ createPartitioner: kafkajs.Partitioners.LegacyPartitioner });
  expect(warnings).toEqual([]);
  kafka.producer();
  kafka.producer();
  expect(warnings).toEqual([expect.stringContaining("switched default partitioner")]);
  vi.unstubAllEnvs();
});

test("keys go where kafkajs's own default partitioner puts them", async () => {
  const messages = Array.from({ length: 20 }, (_, at) => ({ key: `key-${at}`, value: "v" }));
  const placesOf = async (isWatched: boolean): Promise<unknown> => {
    const fake = createFakeCluster();
    if (isWatched) watchKafka(fake.kafka, options);
    const producer = fake.kafka.producer();
    await producer.connect();
    await producer.send({ topic: "orders", messages });
    return fake.produced.map(({ partition, records }) => [partition, records.map(({ key }) => key)]);
  };
  expect(await placesOf(true)).toEqual(await placesOf(false));
});

test("a partition given as text is the same lane as the number", async () => {
  const fake = createFakeCluster();
  const store = createMemoryStore();
  const client = createClient({ service: "test", store, observer: silent });
  watchKafka(fake.kafka, { client });
  const producer = fake.kafka.producer();
  await producer.connect();
  const send = (partition: unknown): Promise<unknown> =>
    Reflect.apply(producer.send.bind(producer), undefined, [
      { topic: "orders", messages: [{ value: "v", partition }] },
    ]);
  await send("1");
  await send(1);
  await client.flush();
  expect([...(await store.readVersions()).keys()]).toEqual(["kafka/fake-cluster/orders/1"]);
});

test("a second watch of one object changes nothing, and is told", () => {
  const notices: Notice[] = [];
  const observer = { finding: () => {}, notice: (notice: Notice) => void notices.push(notice) };
  const { kafka } = createFakeCluster();
  watchKafka(kafka, { ...options, observer });
  const first = clientOf(kafka);
  expect(watchKafka(kafka, { ...options, service: "other" })).toBe(kafka);
  expect(clientOf(kafka)).toBe(first);
  expect(notices).toMatchObject([{ kind: "warning", code: "watched-twice" }]);
});

test("what is no Kafka, and options that are wrong, are refused", () => {
  expect(() => watchKafka({}, options)).toThrow("watchKafka needs a Kafka object");
  const { kafka } = createFakeCluster();
  const watch = (wrong: object) => (): unknown =>
    Reflect.apply(watchKafka, undefined, [kafka, { ...options, ...wrong }]);
  expect(watch({ onAckMissing: "ignore" })).toThrow(ClientError);
  expect(watch({ onAckMissing: "ignore" })).toThrow(
    'onAckMissing is "ignore", but has to be "report", "reject" or "resend".',
  );
  expect(watch({ stampBatchBytes: -1 })).toThrow("stampBatchBytes is -1");
  expect(watch({ reference: "id" })).toThrow('reference is "id"');
});
