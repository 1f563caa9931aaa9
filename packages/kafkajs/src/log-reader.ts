import type { EvidenceReader, KafkaReading, Lane, LogExtract, LogRange } from "@seqwatch/core";
import { BrokerSettings } from "./broker-settings.ts";
import { type BrokerPort, type ClusterPort, clusterIdOf, clusterSourceOf } from "./cluster.ts";
import { readGroups } from "./group-readings.ts";
import { isDenied, offsetOf } from "./log-answers.ts";
import { type ExtractLimits, extractLog } from "./log-extract.ts";
import { readingWithoutPartition } from "./no-partition.ts";
import { QuietTimes } from "./quiet-times.ts";
import { findBroker, isAboutTopic, knowBrokers, readTopicMetadata } from "./topic-metadata.ts";

export interface KafkaReaderOptions {
  /** The name that lanes bear where the option `cluster` was used; default: the brokers' own. */
  readonly cluster?: string;
  /**
   * The Kafka member ids of living watched clients (`kafkaMemberIdsOf`). Every other member of a group counts as
   * foreign; without this option all of them do.
   */
  readonly memberIds?: () => Promise<ReadonlyMap<string, string>>;
  /** A reading that takes longer is no evidence yet; default 2,000. */
  readonly timeLimitMs?: number;
  /** Records read from the log in one reading; default 10,000. */
  readonly maxRecords?: number;
  /** False = log ends, commits, members and settings are read, and no record ever; default true. */
  readonly readsRecords?: boolean;
  /** Told why there is no evidence, or less of it. It must not throw. */
  readonly failed?: (error: unknown) => void;
}

/**
 * Reads a Kafka cluster's own evidence: raw requests on connections of its own, which leave no group, no commit and
 * no other trace behind. "No evidence yet" (undefined) is an answer; it never throws.
 *
 * ```ts
 * const reader = createKafkaReader(new Kafka({ brokers }), { memberIds: async () => kafkaMemberIdsOf(await store.readClients()) });
 * ```
 */
export function createKafkaReader(kafka: object, options: KafkaReaderOptions = {}): EvidenceReader {
  return new LogReader(kafka, options);
}

class LogReader implements EvidenceReader {
  readonly system = "kafka";
  readonly #kafka: object;
  readonly #options: KafkaReaderOptions;
  #connection: Promise<ClusterPort> | undefined;
  readonly #settings = new BrokerSettings();
  readonly #quiet = new QuietTimes();
  /** Topics whose records we may not read, and since when: the right may be given later. */
  readonly #denied = new Map<string, number>();

  constructor(kafka: object, options: KafkaReaderOptions) {
    this.#kafka = kafka;
    this.#options = options;
  }

  async readLog(
    lane: Lane,
    wanted: readonly LogRange[],
    groups: readonly string[],
    nowMs: () => number,
  ): Promise<KafkaReading | undefined> {
    const asked: Asked = { lane, wanted, groups, nowMs, untilMs: nowMs() + (this.#options.timeLimitMs ?? 2_000) };
    const leader: Leader = { nodeId: undefined };
    const names = () => [cluster, topicName(lane), ...(leader.nodeId === undefined ? [] : [nodeName(leader.nodeId)])];
    if ([cluster, topicName(lane)].some((name) => this.#quiet.isQuiet(name, nowMs()))) return undefined;
    const outcome = await withinLimit(this.#tryTwice(asked, leader), asked.untilMs - nowMs());
    if (outcome.kind === "failed") {
      this.#quiet.failed(blamed(outcome.error, lane, leader), nowMs());
      this.#options.failed?.(outcome.error);
    }
    if (outcome.kind === "read") for (const name of names()) this.#quiet.answered(name);
    return outcome.kind === "read" ? outcome.reading : undefined;
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await disconnect(connection);
  }

  /** A connection that the broker has dropped shows only when it is used. */
  async #tryTwice(asked: Asked, leader: Leader): Promise<Outcome> {
    let failure: Outcome = { kind: "failed", error: undefined };
    for (let attempt = 0; attempt < 2 && asked.nowMs() < asked.untilMs; attempt += 1) {
      try {
        return await this.#read(asked, leader);
      } catch (error) {
        failure = { kind: "failed", error };
        if (isAboutTopic(error) || isDenied(error)) return failure;
      }
    }
    return failure;
  }

  /** Log start first, then what the groups have committed, then the ends, then records: the order is the proof. */
  async #read({ lane, wanted, groups, nowMs, untilMs }: Asked, told: Leader): Promise<Outcome> {
    const beganAtMs = nowMs();
    const connection = await this.#connect();
    const { destination: topic } = lane;
    const partition = Number(lane.partition);
    const metadata = await readTopicMetadata(connection, topic);
    await knowBrokers(connection, topic);
    if (lane.cluster !== (this.#options.cluster ?? clusterIdOf(connection))) return noEvidence;
    const leader = metadata.leaderOf(partition);
    if (leader === undefined) {
      // One broker may hear of a new partition late: it takes two that know of none.
      const { partitionCount } = await readTopicMetadata(connection, topic, { anybody: true });
      const times = { beganAtMs, endedAtMs: nowMs() };
      const count = Math.max(partitionCount, metadata.partitionCount);
      return { kind: "read", reading: readingWithoutPartition(partition, count, times) };
    }
    if (leader < 0 || this.#quiet.isQuiet(nodeName(leader), nowMs())) return noEvidence;
    told.nodeId = leader;
    const broker = await findBroker(connection, leader, topic);
    const list = async (replicaId: number, isolationLevel: number, timestamp: number): Promise<number> => {
      const topics = [{ topic, partitions: [{ partition, timestamp }] }];
      return offsetOf(await broker.listOffsets({ replicaId, isolationLevel, topics }));
    };
    const logStart = await list(-1, 0, earliest);
    const groupReadings = await readGroups(connection, { topic, partition }, groups, this.#options.memberIds);
    const compacted = await this.#settings.isCompacted(broker, topic, nowMs());
    const firstJoinDelayMs = await this.#settings.firstJoinDelayMs(broker, leader, nowMs());
    const logEnd = await list(-2, 0, latest).catch(() => undefined); // some rights or brokers do not let us see it
    const highWatermark = await list(-1, 0, latest);
    const lastStableOffset = await list(-1, 1, latest);
    const limits = { logStart, lastStableOffset, untilMs, nowMs, maxRecords: this.#options.maxRecords ?? 10_000 };
    const extracts = await this.#readRecords(broker, lane, wanted, limits);
    const after = await readTopicMetadata(connection, topic);
    if (after.leaderOf(partition) !== leader) return noEvidence;
    return {
      kind: "read",
      reading: {
        kind: "kafka",
        beganAtMs,
        endedAtMs: nowMs(),
        leader,
        logStart,
        logEnd,
        highWatermark,
        lastStableOffset,
        compacted,
        ...(firstJoinDelayMs !== undefined && { firstJoinDelayMs }),
        extracts: extracts ?? [],
        ...(extracts === undefined && { recordsUnread: true }),
        groups: groupReadings,
      },
    };
  }

  /** undefined = records are not read: by the options, or because the broker refuses. */
  async #readRecords(
    broker: BrokerPort,
    lane: Lane,
    wanted: readonly LogRange[],
    limits: ExtractLimits,
  ): Promise<readonly LogExtract[] | undefined> {
    if (this.#options.readsRecords === false) return undefined;
    const deniedAtMs = this.#denied.get(lane.destination);
    if (deniedAtMs !== undefined && limits.nowMs() - deniedAtMs < 60_000) return undefined;
    try {
      const extracts = await extractLog(broker, lane, wanted, limits);
      if (wanted.length > 0) this.#denied.delete(lane.destination);
      // Nothing was asked for, so nothing was refused: what was known stands.
      return wanted.length === 0 && deniedAtMs !== undefined ? undefined : extracts;
    } catch (error) {
      if (!isDenied(error)) throw error;
      this.#options.failed?.(error);
      if (this.#denied.size >= maxTopics) this.#denied.clear();
      this.#denied.set(lane.destination, limits.nowMs());
      return undefined;
    }
  }

  async #connect(): Promise<ClusterPort> {
    const connection = (this.#connection ??= connect(this.#kafka));
    try {
      return await connection;
    } catch (error) {
      if (this.#connection === connection) this.#connection = undefined;
      throw error;
    }
  }
}

interface Asked {
  readonly lane: Lane;
  readonly wanted: readonly LogRange[];
  readonly groups: readonly string[];
  readonly nowMs: () => number;
  readonly untilMs: number;
}

/** Who was being asked when a reading failed. */
interface Leader {
  nodeId: number | undefined;
}

type Outcome =
  | { readonly kind: "read"; readonly reading: KafkaReading | undefined }
  | { readonly kind: "failed"; readonly error: unknown };

/** Nobody is to blame: the leader is just changing, say. */
const noEvidence: Outcome = { kind: "read", reading: undefined };

const cluster = "cluster";
const nodeName = (nodeId: number): string => `node ${nodeId}`;
const topicName = ({ destination }: Lane): string => `topic ${destination}`;

function blamed(error: unknown, lane: Lane, { nodeId }: Leader): string {
  if (isAboutTopic(error)) return topicName(lane);
  return nodeId === undefined ? cluster : nodeName(nodeId);
}

async function connect(kafka: object): Promise<ClusterPort> {
  const created = clusterSourceOf(kafka).create();
  if (created === undefined) throw new Error("This kafkajs does not show its Cluster objects.");
  await created.connect();
  return created;
}

async function disconnect(connection: Promise<ClusterPort> | undefined): Promise<void> {
  try {
    await (await connection)?.disconnect();
  } catch {
    // It never came to be, or is gone already.
  }
}

async function withinLimit(work: Promise<Outcome>, limitMs: number): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<Outcome>((resolve) => {
    timer = setTimeout(
      () => resolve({ kind: "failed", error: new Error(`No answer within ${Math.round(limitMs)} ms.`) }),
      limitMs,
    );
    timer.unref();
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

const earliest = -2;
const latest = -1;
const maxTopics = 10_000;
