import { createClient } from "@seqwatch/client";
import { createMemoryStore, type LedgerReport, type Notice } from "@seqwatch/core";
import kafkajs from "kafkajs";
import { describe, expect, test } from "vitest";
import { createFakeCluster } from "../test/fake-cluster.ts";
import { watchKafka } from "./watch-kafka.ts";

/** A producer to whom brokers answer as they would to one whose count of batches is behind theirs. */
async function setUp(isRefused: (partition: number) => boolean) {
  const fake = createFakeCluster();
  fake.answer = ({ partition }) => {
    if (!isRefused(partition)) return "stored";
    const type = "OUT_OF_ORDER_SEQUENCE_NUMBER";
    return Reflect.construct(kafkajs.KafkaJSProtocolError, [{ type, retriable: false, code: 45, message: type }]);
  };
  const store = createMemoryStore();
  const notices: Notice[] = [];
  const observer = { finding: () => {}, notice: (notice: Notice) => void notices.push(notice) };
  const client = createClient({ service: "test", store, observer });
  const producer = watchKafka(fake.kafka, { client }).producer({
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
  });
  await producer.connect();
  const send = async (partition: number) =>
    await Promise.allSettled([producer.send({ topic: "orders", messages: [{ value: "v", partition }] })]);
  const ledger = async (partition: number): Promise<LedgerReport | undefined> => {
    await client.flush();
    const place = { cluster: "fake-cluster", destination: "orders", partition: String(partition) };
    return [...(await store.readLane({ system: "kafka", ...place })).ledgers.values()][0];
  };
  return { send, ledger, notices };
}

describe("an idempotent producer", () => {
  test("that is refused for its sequence number again and again is stuck in that partition", async () => {
    const { send, ledger, notices } = await setUp((partition) => partition === 1);
    for (let sent = 0; sent < 4; sent += 1) {
      await send(1);
      await send(0);
    }
    expect(await ledger(1)).toMatchObject({ uncertain: [1, 4], stuck: [1, 4] });
    expect(await ledger(0)).toMatchObject({ acked: [1, 4] });
    expect((await ledger(0))?.stuck).toBeUndefined();
    expect(notices.filter((notice) => notice.kind === "warning" && notice.code === "producer-stuck").length).toBe(1);
  });

  test("that recovers by itself is not stuck", async () => {
    let sends = 0;
    const { send, ledger } = await setUp(() => sends++ % 3 < 2);
    for (let sent = 0; sent < 6; sent += 1) await send(1);
    expect((await ledger(1))?.uncertain).toEqual([1, 2, 4, 5]);
    expect((await ledger(1))?.stuck).toBeUndefined();
  });
});
