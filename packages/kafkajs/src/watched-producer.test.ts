import { createClient } from "@seqwatch/client";
import { createMemoryStore, type LedgerReport, type Notice, type Store } from "@seqwatch/core";
import kafkajs from "kafkajs";
import { describe, expect, test } from "vitest";
import { createFakeCluster, type FakeCluster } from "../test/fake-cluster.ts";
import { AckMissingError } from "./errors.ts";
import type { KafkaSettings } from "./options.ts";
import { watchKafka } from "./watch-kafka.ts";

interface Setup {
  readonly fake: FakeCluster;
  readonly store: Store;
  readonly notices: Notice[];
  readonly producer: kafkajs.Producer;
  readonly client: ReturnType<typeof createClient>;
  readonly ledger: (partition: number) => Promise<LedgerReport | undefined>;
}

async function setUp(
  settings: KafkaSettings = {},
  config: kafkajs.ProducerConfig = {},
  fake = createFakeCluster(),
): Promise<Setup> {
  const store = createMemoryStore();
  const notices: Notice[] = [];
  const observer = { finding: () => {}, notice: (notice: Notice) => void notices.push(notice) };
  const client = createClient({ service: "test", store, observer });
  const kafka = watchKafka(fake.kafka, { client, ...settings });
  const producer = kafka.producer({
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
    ...config,
  });
  await producer.connect();
  const ledger = async (partition: number) => {
    await client.flush();
    const lane = {
      system: "kafka",
      cluster: "fake-cluster",
      destination: "orders",
      partition: String(partition),
    } as const;
    return [...(await store.readLane(lane)).ledgers.values()][0];
  };
  return { fake, store, notices, producer, client, ledger };
}

const stampOf = (fake: FakeCluster) =>
  fake.produced.flatMap(({ records }) => records.map(({ headers }) => new Map(headers).get("seqwatch")?.slice(23)));

/** What kafkajs rejects with when the broker refuses in this way. */
function protocolError(type: string, retriable = false): Error {
  return Reflect.construct(kafkajs.KafkaJSProtocolError, [{ type, retriable, code: 1, message: type }]);
}

/** Sends what TypeScript would not let through. */
async function sendAnything(producer: kafkajs.Producer, record: unknown): Promise<unknown> {
  return await Reflect.apply(producer.send.bind(producer), undefined, [record]);
}

describe("the outcome of a send", () => {
  test("is acked, with the offset of each message, where the answer covers the partition", async () => {
    const { producer, ledger } = await setUp();
    const at = (partition: number) => ({ value: "v", partition });
    await producer.send({ topic: "orders", messages: [at(0), at(1), at(0)] });
    await producer.send({ topic: "orders", messages: [at(1)] });
    expect(await ledger(0)).toMatchObject({
      assigned: 2,
      acked: [1, 2],
      chunks: [{ first: 1, last: 2, low: 0, high: 1 }],
    });
    expect(await ledger(1)).toMatchObject({
      assigned: 2,
      acked: [1, 2],
      chunks: [{ first: 1, last: 2, low: 0, high: 1 }],
    });
  });

  test("is omitted, and said at once, where the answer leaves the partition out", async () => {
    const { producer, ledger, notices } = await setUp({ reference: (message) => String(message.value) });
    const answer = await producer.send({ topic: "orders", messages: [{ value: "lost", partition: 99 }] });
    expect(answer).toEqual([]);
    expect(notices).toMatchObject([
      { kind: "omitted", sequences: [1, 1], references: ["lost"], lane: { partition: "99" } },
    ]);
    expect(await ledger(99)).toMatchObject({ omitted: [1, 1], acked: [], references: [{ sequence: 1, text: "lost" }] });
  });

  test("is told, not acked, without acknowledgements", async () => {
    const { producer, ledger } = await setUp();
    await producer.send({ topic: "orders", acks: 0, messages: [{ value: "v" }] });
    expect(await ledger(0)).toMatchObject({ told: [1, 1], acked: [], omitted: [] });
  });

  test.each(["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"])("is void as too large after %s", async (type) => {
    const { fake, producer, ledger } = await setUp();
    fake.answer = () => protocolError(type);
    await expect(producer.send({ topic: "orders", messages: [{ value: "v" }] })).rejects.toThrow(type);
    expect(await ledger(0)).toMatchObject({ voided: [{ reason: "too-large", sequences: [1, 1] }], uncertain: [] });
  });

  test("is void where the message cannot be encoded", async () => {
    const { producer, ledger } = await setUp();
    const unwritable = { topic: "orders", messages: [{ value: "v", headers: { count: 1 } }] };
    await expect(sendAnything(producer, unwritable)).rejects.toThrow(TypeError);
    expect(await ledger(0)).toMatchObject({ voided: [{ reason: "refused", sequences: [1, 1] }] });
  });

  test("is uncertain after a refusal that may be of another batch of the send", async () => {
    const { fake, producer, ledger } = await setUp();
    fake.answer = ({ partition }) => (partition === 1 ? protocolError("MESSAGE_TOO_LARGE") : "stored");
    const messages = [{ value: "v" }, { value: "w", partition: 1 }];
    await expect(producer.send({ topic: "orders", messages })).rejects.toThrow("MESSAGE_TOO_LARGE");
    expect(await ledger(0)).toMatchObject({ uncertain: [1, 1], voided: [] });
    expect(await ledger(1)).toMatchObject({ uncertain: [1, 1], voided: [] });
  });

  test("is uncertain, and known to have been sent more than once, when the retries are used up", async () => {
    const { fake, producer, ledger } = await setUp({}, { retry: { retries: 2, initialRetryTime: 1 } });
    fake.answer = () => protocolError("NOT_ENOUGH_REPLICAS", true);
    await expect(producer.send({ topic: "orders", messages: [{ value: "v" }] })).rejects.toThrow("NOT_ENOUGH_REPLICAS");
    expect(await ledger(0)).toMatchObject({ uncertain: [1, 1], retried: [1, 1] });
  });

  test("keeps its sequences over a retry, and asks the application's partitioner once", async () => {
    let asked = 0;
    const createPartitioner = () => () => (asked += 1) % 3;
    const { fake, producer, ledger } = await setUp(
      {},
      { createPartitioner, retry: { retries: 2, initialRetryTime: 1 } },
    );
    let failures = 1;
    fake.answer = () => (failures-- > 0 ? protocolError("NOT_ENOUGH_REPLICAS", true) : "stored");
    await producer.send({ topic: "orders", messages: [{ value: "v" }] });
    expect(asked).toBe(1);
    expect(stampOf(fake)).toEqual(["1"]);
    expect(await ledger(1)).toMatchObject({ assigned: 1, acked: [1, 1], retried: [1, 1] });
  });

  test("moves to a partition with a leader where the first choice lost its own and any would do", async () => {
    let choice = 0;
    const { fake, producer, ledger } = await setUp({}, { createPartitioner: () => () => choice });
    fake.leaderOf = (partition) => (partition === 0 && choice === 1 ? -1 : 1);
    let failures = 1;
    fake.answer = () => {
      if (failures-- <= 0) return "stored";
      choice = 1;
      return protocolError("NOT_LEADER_FOR_PARTITION", true);
    };
    await producer.send({ topic: "orders", messages: [{ value: "v" }] });
    expect(await ledger(0)).toMatchObject({ uncertain: [1, 1], acked: [] });
    expect(await ledger(1)).toMatchObject({ acked: [1, 1] });
    expect(stampOf(fake)).toEqual(["1"]);
  });
});

describe("a send that is too large with our stamps", () => {
  test("goes out without any, and is counted", async () => {
    const { fake, producer, ledger } = await setUp({ stampBatchBytes: 500 });
    await producer.send({ topic: "orders", messages: [{ value: "x".repeat(300) }, { value: "y".repeat(300) }] });
    await producer.send({ topic: "orders", messages: [{ value: "x".repeat(300) }] });
    expect(stampOf(fake)).toEqual([undefined, undefined, "1"]);
    expect(await ledger(0)).toMatchObject({ assigned: 1, acked: [1, 1], unauditedCount: 2 });
  });

  test("leaves the small batches of its other partitions stamped", async () => {
    const { fake, producer, ledger } = await setUp({ stampBatchBytes: 500 });
    const messages = [{ value: "x".repeat(600) }, { value: "y", partition: 1 }];
    await producer.send({ topic: "orders", messages });
    expect(stampOf(fake)).toEqual([undefined, "1"]);
    expect((await ledger(0))?.unauditedCount).toBe(1);
  });
});

describe("onAckMissing", () => {
  const messages = [{ value: "a" }, { value: "b", partition: 1 }, { value: "c", partition: 1 }];

  test("reject names the messages, books them as uncertain and the others as acked", async () => {
    const { fake, producer, ledger } = await setUp({ onAckMissing: "reject" });
    fake.answer = ({ partition }) => (partition === 1 ? "omitted" : "stored");
    const error = await producer.send({ topic: "orders", messages }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(AckMissingError);
    expect(error).toMatchObject({
      code: "ACK_MISSING",
      messages: [{ sequence: 1, message: messages[1] }, { sequence: 2 }],
    });
    expect(await ledger(0)).toMatchObject({ acked: [1, 1] });
    expect(await ledger(1)).toMatchObject({ uncertain: [1, 2], omitted: [] });
  });

  test("resend sends just the missing ones again, refreshed, with the same sequences", async () => {
    const { fake, producer, ledger, notices } = await setUp({ onAckMissing: "resend" });
    let omissions = 1;
    fake.answer = ({ partition }) => (partition === 1 && omissions-- > 0 ? "omitted" : "stored");
    const answer = await producer.send({ topic: "orders", messages });
    expect(answer.map(({ partition }) => partition)).toEqual([0, 1]);
    expect(fake.refreshCount).toBeGreaterThan(0);
    expect(fake.produced.map(({ partition, records }) => [partition, records.map(({ value }) => value)])).toEqual([
      [0, ["a"]],
      [1, ["b", "c"]],
    ]);
    expect(await ledger(1)).toMatchObject({ assigned: 2, acked: [1, 2], omitted: [], retried: [1, 2] });
    expect(notices).toEqual([]);
  });

  test("resend gives up within the client's own retries", async () => {
    const retry = { retries: 2, initialRetryTime: 1 };
    const { fake, producer, ledger } = await setUp({ onAckMissing: "resend" }, { retry });
    let requests = 0;
    fake.answer = ({ partition }) => {
      requests += 1;
      return partition === 1 ? "omitted" : "stored";
    };
    await expect(producer.send({ topic: "orders", messages })).rejects.toThrow(AckMissingError);
    expect(requests).toBe(2 + 3);
    expect(await ledger(1)).toMatchObject({ uncertain: [1, 2], omitted: [] });
  });

  test("resend does not try a partition that is not there", async () => {
    const { fake, producer } = await setUp({ onAckMissing: "resend" });
    const message = { value: "v", partition: 99 };
    await expect(producer.send({ topic: "orders", messages: [message] })).rejects.toMatchObject({
      messages: [{ message }],
    });
    expect(fake.refreshCount).toBe(1);
  });
});

describe("a watched producer", () => {
  test("leaves malformed sends to kafkajs's own errors", async () => {
    const { producer } = await setUp();
    const bare = createFakeCluster().kafka.producer({ createPartitioner: () => () => 0 });
    await bare.connect();
    const malformed: readonly unknown[] = [
      { topic: "", messages: [{ value: "v" }] },
      { topic: "orders" },
      { topic: "orders", messages: [{ key: "k" }] },
      { topic: "orders", messages: [null] },
      { topic: "orders", messages: "text" },
      null,
    ];
    for (const record of malformed) {
      const watched = await sendAnything(producer, record).catch(String);
      expect(watched).toEqual(await sendAnything(bare, record).catch(String));
    }
  });

  test("shares one stream with others of its process, which ends with the last of them", async () => {
    const { fake, producer, ledger } = await setUp();
    const second = fake.kafka.producer({ createPartitioner: () => () => 0 });
    await second.connect();
    await producer.send({ topic: "orders", messages: [{ value: "v" }] });
    await second.send({ topic: "orders", messages: [{ value: "v" }] });
    expect(stampOf(fake)).toEqual(["1", "2"]);
    await producer.disconnect();
    expect(await ledger(0)).toMatchObject({ assigned: 2, ended: 0 });
    await second.disconnect();
    expect(await ledger(0)).toMatchObject({ assigned: 2, ended: 2 });
  });

  test("stamps nothing while recording is off, and ends its streams", async () => {
    const { fake, producer, client, ledger } = await setUp();
    await producer.send({ topic: "orders", messages: [{ value: "v" }] });
    client.setRecording(false);
    await producer.send({ topic: "orders", messages: [{ value: "v" }] });
    expect(await ledger(0)).toMatchObject({ assigned: 1, ended: 1 });
    client.setRecording(true);
    await producer.send({ topic: "orders", messages: [{ value: "v" }] });
    expect(stampOf(fake)).toEqual(["1", undefined, "2"]);
    expect(await ledger(0)).toMatchObject({ assigned: 2, ended: 1, acked: [1, 2] });
  });

  test("is not watched at all when it is disabled", () => {
    const { kafka } = createFakeCluster();
    const before = Object.getOwnPropertyNames(kafka);
    expect(watchKafka(kafka, { service: "test", enabled: false })).toBe(kafka);
    expect(Object.getOwnPropertyNames(kafka)).toEqual(before);
  });

  test("does not make a send fail or wait when the store does", async () => {
    const { producer, store } = await setUp();
    store.reportLedger = () => new Promise(() => {});
    await producer.send({ topic: "orders", messages: [{ value: "v" }] });
    const before = performance.now();
    await producer.disconnect();
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});

describe("a transaction", () => {
  /** A producer whose `transaction` is played by hand, over real sends: kafkajs's own needs a coordinator. */
  async function begin(
    end: { readonly commit?: () => Promise<void> } = {},
  ): Promise<Setup & { readonly transaction: kafkajs.Transaction }> {
    const fake = createFakeCluster();
    const create = fake.kafka.producer.bind(fake.kafka);
    fake.kafka.producer = (config) => {
      const producer = create(config);
      const [send, sendBatch] = [producer.send.bind(producer), producer.sendBatch.bind(producer)];
      const rest = { abort: async () => {}, sendOffsets: async () => {}, isActive: () => true };
      producer.transaction = async () => ({ send, sendBatch, commit: async () => {}, ...rest, ...end });
      return producer;
    };
    const setup = await setUp({}, {}, fake);
    return { ...setup, transaction: await setup.producer.transaction() };
  }

  test("is acked at its commit, not before", async () => {
    const { transaction, ledger } = await begin();
    await transaction.send({ topic: "orders", messages: [{ value: "v" }] });
    expect(await ledger(0)).toMatchObject({ assigned: 1, acked: [] });
    await transaction.commit();
    expect(await ledger(0)).toMatchObject({ acked: [1, 1], chunks: [{ first: 1, low: 0 }] });
  });

  test("is void when it is aborted", async () => {
    const { transaction, ledger } = await begin();
    await transaction.send({ topic: "orders", messages: [{ value: "v" }] });
    await transaction.abort();
    expect(await ledger(0)).toMatchObject({ acked: [], voided: [{ reason: "aborted", sequences: [1, 1] }] });
  });

  test("is uncertain when its commit is rejected", async () => {
    const { transaction, ledger } = await begin({ commit: () => Promise.reject(new Error("no coordinator")) });
    await transaction.send({ topic: "orders", messages: [{ value: "v" }] });
    await expect(transaction.commit()).rejects.toThrow("no coordinator");
    expect(await ledger(0)).toMatchObject({ acked: [], uncertain: [1, 1] });
  });
});
