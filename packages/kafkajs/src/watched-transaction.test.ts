import { createClient } from "@seqwatch/client";
import { createMemoryStore, type Notice } from "@seqwatch/core";
import { expect, test } from "vitest";
import { createFakeCluster } from "../test/fake-cluster.ts";
import type { SenderPort } from "./port.ts";
import { watchKafka } from "./watch-kafka.ts";

test("a commit that succeeded stays one where another wrapper made the sends' answers unreadable", async () => {
  const { kafka } = createFakeCluster();
  const notices: Notice[] = [];
  const observer = { finding: () => {}, notice: (notice: Notice) => void notices.push(notice) };
  const client = createClient({ service: "test", store: createMemoryStore(), observer });
  const make = kafka.producer.bind(kafka);
  kafka.producer = (config) => {
    const producer = make(config);
    const send = async (...args: Parameters<SenderPort["send"]>) => {
      await Reflect.apply(bare, producer, args);
      return null;
    };
    const bare = producer.send.bind(producer);
    const done = async (): Promise<void> => {};
    Reflect.set(producer, "transaction", async () => ({ send, sendBatch: send, commit: done, abort: done }));
    return producer;
  };
  const producer = watchKafka(kafka, { client }).producer();
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic: "orders", messages: [{ value: "v" }] });
  await expect(transaction.commit()).resolves.toBeUndefined();
  expect(notices).toMatchObject([{ kind: "internal-error", where: "booking a transaction" }]);
});
