import type { LogRecord } from "../kafka/log.ts";
import { strikes } from "../kafka/world.ts";
import type { ModelGroup } from "./model-group.ts";
import type { ModelProcess } from "./process.ts";
import { partitionCount } from "./topic.ts";

interface FetchRequest {
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[];
  }[];
}

interface CommitRequest {
  readonly groupId: string;
  readonly generation: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly offset: string }[];
  }[];
}

/** What a broker answers, in the words of the protocol as kafkajs decodes it, and the records themselves. */
interface Fetched {
  readonly responses: readonly object[];
  readonly records: readonly LogRecord[];
  readonly highWatermark: number;
}

export interface ModelBroker {
  fetch(request: FetchRequest): Promise<Fetched>;
  offsetCommit(request: CommitRequest): Promise<void>;
}

/** kafkajs's internal Cluster, as far as consumers and their watchers use it. */
export class ModelCluster {
  readonly brokerPool = { metadata: { clusterId: "sim" } };
  readonly #broker: ModelBroker;

  constructor(process: ModelProcess, group: () => ModelGroup | undefined) {
    this.#broker = {
      fetch: (request) => fetch(process, request),
      offsetCommit: (request) => commit(process, group(), request),
    };
  }

  async connect(): Promise<void> {}

  async refreshMetadata(): Promise<void> {}

  findTopicPartitionMetadata(): readonly { readonly partitionId: number; readonly leader: number }[] {
    return Array.from({ length: partitionCount }, (_, partitionId) => ({ partitionId, leader: 1 }));
  }

  async findBroker(_query: { readonly nodeId: number }): Promise<ModelBroker> {
    return this.#broker;
  }

  async findGroupCoordinator(): Promise<ModelBroker> {
    return await this.findBroker({ nodeId: 1 });
  }
}

async function fetch({ topic }: ModelProcess, request: FetchRequest): Promise<Fetched> {
  const asked = request.topics[0]?.partitions[0];
  const partition = asked?.partition ?? 0;
  const first = Number(asked?.fetchOffset ?? 0);
  const { log, random, sizes } = topic.partition(partition);
  const end = Math.min(log.highWatermark, first + random.integer(1, sizes.fetchMost));
  const records = log.records.slice(first, end);
  const messages = records.length === 0 ? [] : [{ offset: String(end - 1) }];
  const { highWatermark } = log;
  return {
    responses: [{ topicName: "orders", partitions: [{ partition, highWatermark: String(highWatermark), messages }] }],
    records,
    highWatermark,
  };
}

async function commit(process: ModelProcess, group: ModelGroup | undefined, request: CommitRequest): Promise<void> {
  const { world } = process.topic;
  await process.sleep(world.random.between(1, 30));
  if (strikes(world, "commitFailure")) throw new Error("The commit failed.");
  for (const { partitions } of request.topics)
    for (const { partition, offset } of partitions) group?.commit(request.generation, partition, Number(offset));
  await process.sleep(world.random.between(1, 10));
}
