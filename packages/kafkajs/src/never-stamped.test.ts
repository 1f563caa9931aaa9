import { createClient } from "@seqwatch/client";
import { createMemoryStore } from "@seqwatch/core";
import { expect, test } from "vitest";
import { createFakeCluster } from "../test/fake-cluster.ts";
import { watchKafka } from "./watch-kafka.ts";

test("a send that is rejected before its partitions were asked for was not sent, where it names them", async () => {
  const fake = createFakeCluster();
  const store = createMemoryStore();
  const client = createClient({ service: "test", store });
  const producer = watchKafka(fake.kafka, { client }).producer();
  await producer.connect();
  await producer.send({ topic: "orders", messages: [{ value: "v", partition: 0 }] });
  fake.metadataFailure = new Error("no metadata");
  const refused = producer.send({
    topic: "orders",
    messages: [{ value: "v", partition: 0 }, { value: "v" }, { value: "v", partition: 0 }],
  });
  await expect(refused).rejects.toThrow("no metadata");
  await client.flush();
  const lane = { system: "kafka", cluster: "fake-cluster", destination: "orders", partition: "0" } as const;
  const [ledger] = (await store.readLane(lane)).ledgers.values();
  expect(ledger).toMatchObject({ assigned: 3, acked: [1, 1], voided: [{ reason: "refused", sequences: [2, 3] }] });
});
