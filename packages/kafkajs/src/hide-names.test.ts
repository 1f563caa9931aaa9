import { createClient, hideName } from "@seqwatch/client";
import { createMemoryStore } from "@seqwatch/core";
import { expect, test } from "vitest";
import { createFakeCluster } from "../test/fake-cluster.ts";
import { watchKafka } from "./watch-kafka.ts";

test("references leave the process as keyed hashes alone", async () => {
  const secret = "a secret of all services";
  const fake = createFakeCluster();
  fake.answer = () => "omitted";
  const store = createMemoryStore();
  const told: string[] = [];
  const observer = { finding: () => {}, notice: (notice: object) => void told.push(JSON.stringify(notice)) };
  const client = createClient({ service: "test", store, observer });
  const producer = watchKafka(fake.kafka, {
    client,
    hideNames: { secret },
    reference: () => "order of Ms Example",
  }).producer({ createPartitioner: () => () => 0 });
  await producer.connect();
  await producer.send({ topic: "orders", messages: [{ value: "v" }] });
  await client.flush();
  const lane = { system: "kafka", cluster: "fake-cluster", destination: "orders", partition: "0" } as const;
  const [ledger] = (await store.readLane(lane)).ledgers.values();
  expect(ledger).toMatchObject({
    omitted: [1, 1],
    references: [{ sequence: 1, text: hideName(secret, "order of Ms Example") }],
  });
  expect(told.join()).not.toContain("Ms Example");
  await client.close();
});
