import { createRequire } from "node:module";
import kafkajs from "kafkajs";
import type { MessagePort } from "../src/port.ts";

/*
 * For tests: real kafkajs producers over a Cluster that is not there. All of kafkajs's own code runs up to the record
 * encoder, so what is compared is what would go over the wire.
 */

/** A record as bytes on the wire would decode, headers in their order. */
export interface WireRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string])[];
}

/** One partition of a produce request. */
export interface ProducedBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly WireRecord[];
}

export interface FakeCluster {
  readonly kafka: InstanceType<typeof kafkajs.Kafka>;
  /** Everything that was produced, in order. */
  readonly produced: ProducedBatch[];
  /** Says what the next produce request answers; default: stored. */
  answer: (batch: ProducedBatch) => "stored" | "omitted" | Error;
  leaderOf: (partition: number) => number;
  partitionCount: number;
  refreshCount: number;
  /** While it is set nothing can be learnt of a topic. */
  metadataFailure: Error | undefined;
}

const require = createRequire(import.meta.url);
const Record: (message: unknown) => { readonly buffer: Buffer } = require("kafkajs/src/protocol/recordBatch/record/v0");
const Decoder: new (buffer: Buffer) => WireDecoder = require("kafkajs/src/protocol/decoder");

interface WireDecoder {
  readVarInt(): number;
  readInt8(): number;
  readVarLong(): unknown;
  readVarIntBytes(): Buffer | null;
  readVarIntString(): string;
}

/** The bytes of one message as kafkajs encodes them, decoded; throws what kafkajs throws. */
export function encode(message: MessagePort): WireRecord {
  const decoder = new Decoder(Record({ ...message }).buffer);
  decoder.readVarInt();
  decoder.readInt8();
  decoder.readVarLong();
  decoder.readVarInt();
  const key = decoder.readVarIntBytes();
  const value = decoder.readVarIntBytes();
  const headers: (readonly [string, string])[] = [];
  for (let left = decoder.readVarInt(); left > 0; left -= 1) {
    headers.push([decoder.readVarIntString(), decoder.readVarIntBytes()?.toString("latin1") ?? "null"]);
  }
  return { key: key?.toString("latin1") ?? null, value: value?.toString("latin1") ?? null, headers };
}

interface TopicData {
  readonly topic: string;
  readonly partitions: readonly { readonly partition: number; readonly messages: readonly MessagePort[] }[];
}

/** A Kafka object whose producers write into an array. */
export function createFakeCluster(): FakeCluster {
  const kafka = new kafkajs.Kafka({
    brokers: ["127.0.0.1:1"],
    logLevel: 0,
    retry: { retries: 2, initialRetryTime: 1 },
  });
  const nextOffset = new Map<string, number>();
  const fake: FakeCluster = {
    kafka,
    produced: [],
    answer: () => "stored",
    leaderOf: () => 1,
    partitionCount: 3,
    refreshCount: 0,
    metadataFailure: undefined,
  };
  const produce = async ({ topicData, acks = -1 }: { topicData: readonly TopicData[]; acks?: number }) => {
    const topics = topicData.map(({ topic, partitions }) => ({
      topicName: topic,
      partitions: partitions.flatMap(({ partition, messages }) => {
        const batch = { topic, partition, records: messages.map((message) => encode(message)) };
        const answer = fake.answer(batch);
        if (answer instanceof Error) throw answer;
        if (answer === "omitted") return [];
        fake.produced.push(batch);
        const key = `${topic}/${partition}`;
        const baseOffset = nextOffset.get(key) ?? 0;
        nextOffset.set(key, baseOffset + messages.length);
        return [{ partition, errorCode: 0, baseOffset: String(baseOffset) }];
      }),
    }));
    return acks === 0 ? undefined : { topics };
  };
  const cluster: unknown = fakeCluster(fake, produce);
  const symbol = Object.getOwnPropertySymbols(kafka).find((key) => key.description === "private:Kafka:createCluster");
  if (symbol === undefined) throw new Error("This kafkajs keeps its Cluster elsewhere.");
  Reflect.set(kafka, symbol, () => cluster);
  return fake;
}

function fakeCluster(fake: FakeCluster, produce: (request: never) => Promise<unknown>): object {
  const metadata = () =>
    Array.from({ length: fake.partitionCount }, (_, partitionId) => ({
      partitionId,
      leader: fake.leaderOf(partitionId),
    }));
  const brokers = new Map<string, object>();
  return {
    retry: { retries: 2, initialRetryTime: 1 },
    targetTopics: new Set<string>(),
    brokerPool: { metadata: { clusterId: "fake-cluster" } },
    connect: async () => {},
    disconnect: async () => {},
    isConnected: () => true,
    removeBroker: () => {},
    addMultipleTargetTopics: async () => {
      if (fake.metadataFailure !== undefined) throw fake.metadataFailure;
    },
    addTargetTopic: async () => {},
    refreshMetadataIfNecessary: async () => {},
    refreshMetadata: async () => {
      fake.refreshCount += 1;
    },
    findTopicPartitionMetadata: metadata,
    findLeaderForPartitions: (_topic: string, partitions: readonly string[]) => {
      const byLeader: Record<string, number[]> = {};
      for (const text of partitions) {
        const entry = metadata().find(({ partitionId }) => partitionId === Number.parseInt(text, 10));
        if (entry !== undefined) (byLeader[entry.leader] ??= []).push(entry.partitionId);
      }
      return byLeader;
    },
    findGroupCoordinator: async () => ({}),
    findBroker: async ({ nodeId }: { readonly nodeId: string }) => {
      if (Number(nodeId) < 0) throw Reflect.construct(kafkajs.KafkaJSBrokerNotFound, ["No leader"]);
      const broker = brokers.get(nodeId) ?? { nodeId: Number(nodeId), produce };
      brokers.set(nodeId, broker);
      return broker;
    },
  };
}
