import { randomUUID } from "node:crypto";
import type { Lane } from "@seqwatch/core";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { completeSettings } from "../src/config.ts";
import { createKafkaEvidence } from "../src/evidence/kafka.ts";

const topic = `evidence-${randomUUID()}`;
let lane: Lane;

const nowMs = () => performance.now();

beforeAll(async () => {
  const kafka = new Kafka({ brokers: [...inject("kafkaBrokers")], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  const { clusterId } = await admin.describeCluster();
  lane = { system: "kafka", cluster: clusterId, destination: topic, partition: "0" };
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [{ value: "a" }, { value: "b" }, { value: "c" }] });
  await producer.disconnect();
});

const warnings: string[] = [];
function createEvidence(given: object) {
  const settings = completeSettings({ kafkaBrokers: [...inject("kafkaBrokers")], ...given });
  return createKafkaEvidence({ settings, livingSigns: async () => [], warn: (code) => warnings.push(code) });
}
afterAll(() => {
  warnings.length = 0;
});

test("the log is read as far as the settings allow", async () => {
  const records = createEvidence({ evidence: "records" });
  const reading = await records?.readLog?.(lane, [{ first: 0, last: 2 }], [], nowMs);
  expect(reading).toMatchObject({ kind: "kafka", logStart: 0, logEnd: 3, extracts: [{ first: 0, last: 2 }] });
  await records?.close();

  const offsets = createEvidence({ evidence: "offsets" });
  const bare = await offsets?.readLog?.(lane, [{ first: 0, last: 2 }], [], nowMs);
  expect(bare).toMatchObject({ logStart: 0, logEnd: 3, extracts: [], recordsUnread: true });
  await offsets?.close();
});

test("a cluster of another name is no evidence, and it is said", async () => {
  const evidence = createEvidence({ kafkaCluster: "elsewhere" });
  expect(await evidence?.readLog?.(lane, [], [], nowMs)).toBeUndefined();
  expect(warnings).toContain("LOG_UNREADABLE");
  await evidence?.close();
});

test("without brokers there is no reader", () => {
  expect(
    createKafkaEvidence({ settings: completeSettings({}), livingSigns: async () => [], warn: () => undefined }),
  ).toBeUndefined();
});
