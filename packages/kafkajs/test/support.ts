import { randomUUID } from "node:crypto";
import { type Client, createClient } from "@seqwatch/client";
import {
  createMemoryStore,
  type GroupRecord,
  type Lane,
  type LaneRecord,
  type LedgerReport,
  type Notice,
  parseLaneKey,
  type Store,
} from "@seqwatch/core";
import kafkajs from "kafkajs";
import { inject, onTestFinished } from "vitest";
import { type KafkaSettings, watchKafka } from "../src/index.ts";

/** A process of its own as far as Seqwatch can tell: one client, one Kafka object, a store that may be shared. */
export interface Process {
  readonly kafka: kafkajs.Kafka;
  readonly client: Client;
  readonly store: Store;
  readonly notices: Notice[];
}

export function createKafka(): kafkajs.Kafka {
  return new kafkajs.Kafka({ brokers: [...inject("kafkaBrokers")], clientId: "test", logLevel: 0 });
}

export function createProcess(store: Store = createMemoryStore(), settings: KafkaSettings = {}): Process {
  const notices: Notice[] = [];
  const observer = { finding: () => {}, notice: (notice: Notice) => void notices.push(notice) };
  const client = createClient({ service: "test", store, observer });
  onTestFinished(() => client.close());
  return { kafka: watchKafka(createKafka(), { client, ...settings }), client, store, notices };
}

export async function createTopic(
  numPartitions: number,
  configs: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = `test-${randomUUID()}`;
  const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
  const admin = createKafka().admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor: 3, configEntries }] });
  await admin.disconnect();
  return topic;
}

export async function connectProducer(
  kafka: kafkajs.Kafka,
  config: kafkajs.ProducerConfig = {},
): Promise<kafkajs.Producer> {
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner, ...config });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  return producer;
}

export async function startConsumer(
  kafka: kafkajs.Kafka,
  topic: string,
  config: kafkajs.ConsumerRunConfig & { readonly groupId?: string } & Partial<kafkajs.ConsumerConfig>,
): Promise<kafkajs.Consumer> {
  const { groupId = "billing", eachMessage, eachBatch, eachBatchAutoResolve, autoCommit, ...rest } = config;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, heartbeatInterval: 500, ...rest });
  onTestFinished(() => consumer.disconnect());
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    ...(eachMessage === undefined ? {} : { eachMessage }),
    ...(eachBatch === undefined ? {} : { eachBatch }),
    ...(eachBatchAutoResolve === undefined ? {} : { eachBatchAutoResolve }),
    ...(autoCommit === undefined ? {} : { autoCommit }),
  });
  return consumer;
}

/** `count` messages with keys, so that they spread over the partitions. */
export function messages(count: number, partition?: number): kafkajs.Message[] {
  return Array.from({ length: count }, (_, at) => ({
    key: `key-${at}`,
    value: `value-${at}`,
    ...(partition === undefined ? {} : { partition }),
  }));
}

export async function lanesOf(store: Store, topic: string): Promise<readonly Lane[]> {
  const lanes = [...(await store.readVersions()).keys()].map(parseLaneKey);
  return lanes.filter((lane): lane is Lane => lane?.destination === topic);
}

/** The record of one partition; an empty one before anything was reported. */
export async function recordOf(store: Store, topic: string, partition: number): Promise<LaneRecord> {
  const lanes = await lanesOf(store, topic);
  const cluster = lanes[0]?.cluster ?? "";
  return await store.readLane({ system: "kafka", cluster, destination: topic, partition: String(partition) });
}

export async function ledgerOf(store: Store, topic: string, partition: number): Promise<LedgerReport | undefined> {
  return [...(await recordOf(store, topic, partition)).ledgers.values()][0];
}

export async function groupOf(
  store: Store,
  topic: string,
  partition: number,
  group = "billing",
): Promise<GroupRecord | undefined> {
  return (await recordOf(store, topic, partition)).groups.get(group);
}

/** What a group's members said of a partition, with the sequences of its only stream. */
export async function doneOf(store: Store, topic: string, partition: number): Promise<object> {
  const group = await groupOf(store, topic, partition);
  const { handled = [], givenUp = [], jumped = [] } = group?.done.get(0) ?? {};
  const processed = [...(group?.receipts.values() ?? [])].map((receipts) => receipts.processed);
  return { handled, givenUp, jumped, processed: processed[0] ?? [] };
}
