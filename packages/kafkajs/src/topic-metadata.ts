import type { BrokerPoolPort, BrokerPort, ClusterPort } from "./cluster.ts";
import { at, listAt, numberAt, textAt } from "./untyped.ts";

/** What one broker knows of one topic. */
export interface TopicMetadata {
  readonly partitionCount: number;
  /** undefined = no such partition; below 0 = it has no leader. */
  leaderOf(partition: number): number | undefined;
}

/**
 * Asks one broker for one topic. kafkajs's own metadata is of all topics that it was ever asked about at once, and one
 * of them that was deleted, or has a partition without a leader, spoils it for the others.
 */
export async function readTopicMetadata(cluster: ClusterPort, topic: string): Promise<TopicMetadata> {
  const broker = await poolOf(cluster).findConnectedBroker();
  const answer = await broker.metadata([topic]);
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
