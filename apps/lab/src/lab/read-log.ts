import type { Kafka } from "kafkajs";
import { LabError } from "../lab-error.ts";

/** One record as the log holds it. */
export interface StoredRecord {
  readonly partition: number;
  readonly offset: number;
  /** Its value as a text: what the lab calls the message. */
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The parts of kafkajs's own cluster and broker objects that are used here (kafkajs: src/cluster, src/broker). */
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[];
  findBroker(query: { readonly nodeId: string }): Promise<Broker>;
}

interface Broker {
  fetch(request: object): Promise<FetchAnswer>;
  listOffsets(request: object): Promise<ListAnswer>;
  metadata(topics: readonly string[]): Promise<MetadataAnswer>;
}

interface MetadataAnswer {
  readonly topicMetadata: readonly { readonly partitionMetadata: readonly { readonly leader: number }[] }[];
}

interface FetchAnswer {
  readonly responses: readonly { readonly partitions: readonly FetchedPartition[] }[];
}

interface ListAnswer {
  readonly responses: readonly { readonly partitions: readonly { readonly offset: string }[] }[];
}

interface FetchedPartition {
  readonly highWatermark: string;
  readonly lastStableOffset?: string;
  readonly abortedTransactions?: readonly { readonly producerId: string; readonly firstOffset: string }[] | null;
  readonly messages: readonly FetchedRecord[];
}

interface FetchedRecord {
  readonly offset: string;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, Buffer | string | undefined>>;
  readonly isControlRecord?: boolean;
  readonly batchContext?: { readonly producerId?: string; readonly inTransaction?: boolean };
}

/** Whether each of these brokers itself knows so many led partitions of a topic: one may hear of it later than another. */
export async function isKnownTo(
  kafka: Kafka,
  nodeIds: readonly number[],
  topic: string,
  partitionCount: number,
): Promise<boolean> {
  const cluster = createCluster(kafka);
  await cluster.connect();
  try {
    await cluster.refreshMetadata();
    for (const nodeId of nodeIds) {
      const broker = await cluster.findBroker({ nodeId: String(nodeId) });
      const { topicMetadata } = await broker.metadata([topic]);
      const led = topicMetadata
        .flatMap(({ partitionMetadata }) => partitionMetadata)
        .filter(({ leader }) => leader > 0);
      if (led.length < partitionCount) return false;
    }
    return true;
  } finally {
    await cluster.disconnect();
  }
}

/**
 * Reads a topic from its start to its end by raw fetches: no group, no commit, and not a line of Seqwatch's own reader.
 * Without `uncommitted`, as a `read_committed` consumer sees it.
 */
export async function readLog(
  kafka: Kafka,
  topic: string,
  { uncommitted = false }: { readonly uncommitted?: boolean },
): Promise<readonly StoredRecord[]> {
  const cluster = createCluster(kafka);
  await cluster.connect();
  try {
    await cluster.addTargetTopic(topic);
    const records: StoredRecord[] = [];
    for (const { partitionId, leader } of cluster.findTopicPartitionMetadata(topic)) {
      const broker = await cluster.findBroker({ nodeId: String(leader) });
      records.push(...(await readPartition(broker, { topic, partition: partitionId, uncommitted })));
    }
    return records;
  } finally {
    await cluster.disconnect();
  }
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly uncommitted: boolean;
}

async function readPartition(broker: Broker, place: Place): Promise<readonly StoredRecord[]> {
  const isolationLevel = place.uncommitted ? 0 : 1;
  const start = Number(await offsetAt(broker, place, -2));
  const end = Number(await offsetAt(broker, place, -1));
  const records: StoredRecord[] = [];
  for (let next = start; next < end; ) {
    const answer = await broker.fetch({
      replicaId: -1,
      isolationLevel,
      maxWaitTime: 100,
      minBytes: 0,
      maxBytes: 10_485_760,
      topics: [
        {
          topic: place.topic,
          partitions: [{ partition: place.partition, fetchOffset: String(next), maxBytes: 1_048_576 }],
        },
      ],
    });
    const found = answer.responses[0]?.partitions[0];
    if (found === undefined) throw new LabError("LAB_TIMED_OUT", `Nothing was answered for ${place.topic}.`);
    const fresh = found.messages.filter(({ offset }) => Number(offset) >= next);
    const isVisible = visibility(found);
    for (const record of fresh) if (isVisible(record)) records.push(toRecord(record, place.partition));
    // A batch that compaction emptied has no record to go on from.
    next = fresh.length === 0 ? next + 1 : Number(fresh.at(-1)?.offset) + 1;
  }
  return records.filter(({ offset }) => offset >= start && offset < end);
}

async function offsetAt(broker: Broker, { topic, partition, uncommitted }: Place, timestamp: number): Promise<string> {
  const answer = await broker.listOffsets({
    replicaId: -1,
    isolationLevel: uncommitted ? 0 : 1,
    topics: [{ topic, partitions: [{ partition, timestamp }] }],
  });
  return answer.responses[0]?.partitions[0]?.offset ?? "0";
}

/** Control records are nobody's, and those of an aborted transaction are taken back (KIP-98). */
function visibility(found: FetchedPartition): (record: FetchedRecord) => boolean {
  const aborted = new Map<string, number[]>();
  for (const { producerId, firstOffset } of found.abortedTransactions ?? []) {
    aborted.set(
      producerId,
      [...(aborted.get(producerId) ?? []), Number(firstOffset)].sort((a, b) => a - b),
    );
  }
  const open = new Set<string>();
  return (record) => {
    const producerId = record.batchContext?.producerId ?? "";
    const from = aborted.get(producerId);
    if (from?.[0] !== undefined && Number(record.offset) >= from[0]) {
      open.add(producerId);
      from.shift();
    }
    if (record.isControlRecord === true) {
      open.delete(producerId);
      return false;
    }
    return record.batchContext?.inTransaction !== true || !open.has(producerId);
  };
}

function toRecord({ offset, value, headers = {} }: FetchedRecord, partition: number): StoredRecord {
  return {
    partition,
    offset: Number(offset),
    name: value === null ? "" : value.toString(),
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, String(text)])),
  };
}

/** kafkajs keeps the function that makes its cluster objects under a symbol (kafkajs: src/index.js). */
function createCluster(kafka: Kafka): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find((one) => one.description === "private:Kafka:createCluster");
  const create: unknown = symbol === undefined ? undefined : Reflect.get(kafka, symbol);
  if (typeof create !== "function") throw new LabError("LAB_BAD_INPUT", "This kafkajs does not show its cluster.");
  // The shape above is read off the sources of the one version that the lab has.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Reflect.apply(create, kafka, [{ metadataMaxAge: 1, allowAutoTopicCreation: false }]) as Cluster;
}
