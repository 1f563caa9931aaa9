import type { BrokerPoolPort, BrokerPort, ClusterPort } from "./cluster.ts";
import { at, listAt, numberAt, textAt } from "./untyped.ts";

/** What one broker knows of one topic. */
export interface TopicMetadata {
  readonly partitionCount: number;
  /** undefined = no such partition; below 0 = it has no leader. */
  leaderOf(partition: number): number | undefined;
}

/** Who answered last, by connection: a broker that is frozen keeps its connections, and answers nobody. */
const lastToAnswer = new WeakMap<ClusterPort, BrokerPort>();
const answerLimitMs = 600;
const attempts = 3;

/**
 * Asks one broker for one topic. kafkajs's own metadata is of all topics that it was ever asked about at once, and one
 * of them that was deleted, or has a partition without a leader, spoils it for the others. `anybody`: whichever broker
 * comes first to hand, not the one that answered last.
 */
export async function readTopicMetadata(
  cluster: ClusterPort,
  topic: string,
  { anybody = false }: { readonly anybody?: boolean } = {},
): Promise<TopicMetadata> {
  let failure: unknown;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const known = anybody || attempt > 0 ? undefined : lastToAnswer.get(cluster);
    const broker = known ?? (await poolOf(cluster).findConnectedBroker());
    try {
      const metadata = toMetadata(await withinLimit(broker.metadata([topic])), topic);
      lastToAnswer.set(cluster, broker);
      return metadata;
    } catch (error) {
      lastToAnswer.delete(cluster);
      if (isAboutTopic(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** Whether a broker says that there is something wrong with the topic, and not with itself. */
export function isAboutTopic(error: unknown): boolean {
  return topicErrors.has(textAt(error, "type"));
}

const topicErrors = new Set([
  "UNKNOWN_TOPIC_OR_PARTITION",
  "LEADER_NOT_AVAILABLE",
  "INVALID_TOPIC_EXCEPTION",
  "TOPIC_AUTHORIZATION_FAILED",
]);

function toMetadata(answer: unknown, topic: string): TopicMetadata {
  const found = listAt(answer, "topicMetadata").find((entry) => textAt(entry, "topic") === topic);
  const partitions = listAt(found, "partitionMetadata");
  return {
    partitionCount: partitions.length,
    leaderOf: (partition) => {
      const entry = partitions.find((one) => numberAt(one, "partitionId") === partition);
      return entry === undefined ? undefined : numberAt(entry, "leader");
    },
  };
}

async function withinLimit(answer: Promise<unknown>): Promise<unknown> {
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`No metadata within ${answerLimitMs} ms.`)), answerLimitMs);
  timer.unref();
  try {
    return await Promise.race([answer, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** The broker with this id. One that is new to kafkajs becomes known with the metadata of a topic. */
export async function findBroker(cluster: ClusterPort, nodeId: number, topic: string): Promise<BrokerPort> {
  const pool = poolOf(cluster);
  try {
    return await pool.findBroker({ nodeId });
  } catch {
    await pool.refreshMetadata([topic]);
    return await pool.findBroker({ nodeId });
  }
}

/** Loads who the brokers are, and what their cluster is called. */
export async function knowBrokers(cluster: ClusterPort, topic: string): Promise<void> {
  const pool = poolOf(cluster);
  if (pool.metadata === undefined || pool.metadata === null) await pool.refreshMetadata([topic]);
}

function poolOf({ brokerPool }: ClusterPort): BrokerPoolPort {
  if (isPool(brokerPool)) return brokerPool;
  throw new Error("This kafkajs does not show its brokers.");
}

function isPool(pool: unknown): pool is BrokerPoolPort {
  return ["findConnectedBroker", "findBroker", "refreshMetadata"].every((name) => typeof at(pool, name) === "function");
}
