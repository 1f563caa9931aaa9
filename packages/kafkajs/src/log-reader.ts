import { setTimeout as delay } from "node:timers/promises";
import type { EvidenceReader, GroupReading, KafkaReading, Lane, LogExtract, LogRange } from "@seqwatch/core";
import { type BrokerPort, type ClusterPort, clusterIdOf, clusterSourceOf } from "./cluster.ts";
import { committedOf, isDenied, leaderOf, offsetOf } from "./log-answers.ts";
import { type ExtractLimits, extractLog } from "./log-extract.ts";
import { readingWithoutPartition } from "./no-partition.ts";
import { at, listAt, textAt } from "./untyped.ts";

export interface KafkaReaderOptions {
  /** The name that lanes bear where the option `cluster` was used; default: the brokers' own. */
  readonly cluster?: string;
  /**
   * The Kafka member ids of living watched clients (`kafkaMemberIdsOf`). Every other member of a group counts as
   * foreign; without this option all of them do.
   */
  readonly memberIds?: () => Promise<ReadonlySet<string>>;
  /** A reading that takes longer is no evidence yet; default 2,000. */
  readonly timeLimitMs?: number;
  /** Records read from the log in one reading; default 10,000. */
  readonly maxRecords?: number;
  /** False = log ends, commits, members and settings are read, and no record ever; default true. */
  readonly readsRecords?: boolean;
  /** Told why there is no evidence, or less of it. It must not throw. */
  readonly failed?: (error: unknown) => void;
}

/** What is used of kafkajs's admin. */
interface AdminPort {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  fetchOffsets(query: { readonly groupId: string; readonly topics: readonly string[] }): Promise<unknown>;
  describeGroups(groups: readonly string[]): Promise<unknown>;
  describeConfigs(query: object): Promise<unknown>;
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
  #connection: Promise<Connection> | undefined;
  readonly #compacted = new Map<string, { readonly isCompacted: boolean; readonly atMs: number }>();
  /** Topics whose records we may not read, and since when: the right may be given later. */
  readonly #denied = new Map<string, number>();
  #failureCount = 0;
  #quietUntilMs = Number.NEGATIVE_INFINITY;

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
    if (nowMs() < this.#quietUntilMs) return undefined;
    const untilMs = nowMs() + (this.#options.timeLimitMs ?? 2_000);
    const reading = await withinLimit(this.#tryTwice(lane, wanted, groups, nowMs, untilMs), untilMs - nowMs());
    this.#failureCount = reading === "failed" ? this.#failureCount + 1 : 0;
    if (reading !== "failed") return reading;
    // A cluster that is being restarted answers nothing for seconds: do not wait for it with every lane.
    this.#quietUntilMs = nowMs() + Math.min(5_000, 250 * 2 ** this.#failureCount);
    return undefined;
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await disconnect(connection);
  }

  async #tryTwice(
    lane: Lane,
    wanted: readonly LogRange[],
    groups: readonly string[],
    nowMs: () => number,
    untilMs: number,
  ): Promise<KafkaReading | undefined | "failed"> {
    let failure: unknown;
    for (let attempt = 0; attempt < 2 && nowMs() < untilMs; attempt += 1) {
      try {
        return await this.#read(lane, wanted, groups, nowMs, untilMs);
      } catch (error) {
        failure = error;
        // The metadata of one topic without a leader, or deleted, spoils all requests of its Cluster: take a new one.
        await this.close();
        if (isDenied(error)) break;
      }
    }
    this.#options.failed?.(failure);
    return "failed";
  }

  /** Log start first, then what the groups have committed, then the ends, then records: the order is the proof. */
  async #read(
    lane: Lane,
    wanted: readonly LogRange[],
    groups: readonly string[],
    nowMs: () => number,
    untilMs: number,
  ): Promise<KafkaReading | undefined> {
    const beganAtMs = nowMs();
    const { cluster, admin } = await this.#connect();
    const partition = Number(lane.partition);
    await cluster.addTargetTopic(lane.destination);
    await cluster.refreshMetadata();
    if (lane.cluster !== (this.#options.cluster ?? clusterIdOf(cluster))) return undefined;
    const leader = leaderOf(cluster, lane.destination, partition);
    if (leader === undefined) {
      const { length: count } = cluster.findTopicPartitionMetadata(lane.destination);
      return readingWithoutPartition(partition, count, { beganAtMs, endedAtMs: nowMs() });
    }
    if (leader < 0) return undefined;
    const broker = await cluster.findBroker({ nodeId: leader });
    const list = async (replicaId: number, isolationLevel: number, timestamp: number): Promise<number> => {
      const topics = [{ topic: lane.destination, partitions: [{ partition, timestamp }] }];
      const answer = await broker.listOffsets({ replicaId, isolationLevel, topics });
      return offsetOf(answer);
    };
    const logStart = await list(-1, 0, earliest);
    const groupReadings = await this.#readGroups(admin, lane.destination, partition, groups);
    const compacted = await this.#readCompacted(admin, lane.destination, nowMs());
    const logEnd = await list(-2, 0, latest).catch(() => undefined); // some rights or brokers do not let us see it
    const highWatermark = await list(-1, 0, latest);
    const lastStableOffset = await list(-1, 1, latest);
    const limits = { logStart, lastStableOffset, untilMs, nowMs, maxRecords: this.#options.maxRecords ?? 10_000 };
    const extracts = await this.#readRecords(broker, lane, wanted, limits);
    await cluster.refreshMetadata();
    if (leaderOf(cluster, lane.destination, partition) !== leader) return undefined;
    return {
      kind: "kafka",
      beganAtMs,
      endedAtMs: nowMs(),
      leader,
      logStart,
      logEnd,
      highWatermark,
      lastStableOffset,
      compacted,
      extracts: extracts ?? [],
      ...(extracts === undefined && { recordsUnread: true }),
      groups: groupReadings,
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

  async #readGroups(
    admin: AdminPort,
    topic: string,
    partition: number,
    groups: readonly string[],
  ): Promise<ReadonlyMap<string, GroupReading>> {
    const readings = new Map<string, GroupReading>();
    if (groups.length === 0) return readings;
    const described = listAt(await admin.describeGroups(groups), "groups");
    const ours = await this.#readOurs(described);
    for (const groupId of groups) {
      const group = described.find((entry) => textAt(entry, "groupId") === groupId);
      const state = textAt(group, "state");
      const offsets = await admin.fetchOffsets({ groupId, topics: [topic] });
      const committed = committedOf(offsets, topic, partition);
      const members = listAt(group, "members").map((member) => textAt(member, "memberId"));
      readings.set(groupId, {
        committed,
        isEmpty: state === "Empty" || state === "Dead",
        isGone: state === "Dead" && committed === undefined,
        foreignMemberCount: members.filter((memberId) => !ours.has(memberId)).length,
      });
    }
    return readings;
  }

  /** Asked after the groups, and once more for a member nobody knows: it may have joined a moment ago. */
  async #readOurs(described: readonly unknown[]): Promise<ReadonlySet<string>> {
    const members = described.flatMap((group) => listAt(group, "members").map((member) => textAt(member, "memberId")));
    const ours = (await this.#options.memberIds?.()) ?? new Set<string>();
    if (this.#options.memberIds === undefined || members.every((memberId) => ours.has(memberId))) return ours;
    await delay(settleMs, undefined, { ref: false });
    return await this.#options.memberIds();
  }

  /** Rarely changes, so it is read once a minute; what was read last stands when it cannot be read. */
  async #readCompacted(admin: AdminPort, topic: string, nowMs: number): Promise<boolean | undefined> {
    const known = this.#compacted.get(topic);
    if (known !== undefined && nowMs - known.atMs < 60_000) return known.isCompacted;
    try {
      const answer = await admin.describeConfigs({
        resources: [{ type: topicResource, name: topic, configNames: ["cleanup.policy"] }],
        includeSynonyms: false,
      });
      const entries = listAt(listAt(answer, "resources")[0], "configEntries");
      const policy = entries.find((entry) => textAt(entry, "configName") === "cleanup.policy");
      if (policy === undefined) return known?.isCompacted;
      const isCompacted = textAt(policy, "configValue").split(",").includes("compact");
      if (this.#compacted.size >= maxTopics) this.#compacted.clear();
      this.#compacted.set(topic, { isCompacted, atMs: nowMs });
      return isCompacted;
    } catch {
      return known?.isCompacted;
    }
  }

  async #connect(): Promise<Connection> {
    this.#connection ??= connect(this.#kafka);
    return await this.#connection;
  }
}

interface Connection {
  readonly cluster: ClusterPort;
  readonly admin: AdminPort;
}

async function connect(kafka: object): Promise<Connection> {
  const cluster = clusterSourceOf(kafka).create();
  const admin: unknown = Reflect.apply(toFunction(Reflect.get(kafka, "admin")), kafka, []);
  if (cluster === undefined || !isAdmin(admin)) throw new Error("This kafkajs does not show its Cluster objects.");
  await Promise.all([cluster.connect(), admin.connect()]);
  return { cluster, admin };
}

async function disconnect(connection: Promise<Connection> | undefined): Promise<void> {
  try {
    const open = await connection;
    await Promise.allSettled([open?.cluster.disconnect(), open?.admin.disconnect()]);
  } catch {
    // It never came to be.
  }
}

function isAdmin(value: unknown): value is AdminPort {
  return ["connect", "disconnect", "fetchOffsets", "describeGroups", "describeConfigs"].every(
    (name) => typeof at(value, name) === "function",
  );
}

// `as`: there is no other way to call what was looked up at run time; a wrong one throws and is no evidence.
function toFunction(value: unknown): () => unknown {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return value as () => unknown;
}

async function withinLimit<T>(work: Promise<T | "failed">, limitMs: number): Promise<T | "failed"> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<"failed">((resolve) => {
    timer = setTimeout(() => resolve("failed"), limitMs);
    timer.unref();
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

const settleMs = 250;
const earliest = -2;
const latest = -1;
/** Kafka's number for a topic among configurable things. */
const topicResource = 2;
const maxTopics = 10_000;
