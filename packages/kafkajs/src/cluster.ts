/** The parts of kafkajs's internal Cluster and Broker objects that are used where they are there. */
export interface ClusterPort {
  readonly brokerPool?: Pick<BrokerPoolPort, "metadata">;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[];
  findBroker(query: { readonly nodeId: number | string }): Promise<BrokerPort>;
  findGroupCoordinator(query: { readonly groupId: string }): Promise<BrokerPort>;
}

/** Where a Cluster keeps its connections. */
export interface BrokerPoolPort {
  readonly metadata?: { readonly clusterId?: string | null } | null;
  findConnectedBroker(): Promise<BrokerPort>;
  findBroker(query: { readonly nodeId: number | string }): Promise<BrokerPort>;
  refreshMetadata(topics: readonly string[]): Promise<void>;
}

interface PartitionMetadata {
  readonly partitionId: number;
  readonly leader: number;
}

export interface BrokerPort {
  /** By the key of each request: which of its versions the broker speaks. */
  readonly versions?: Readonly<Record<number, { readonly maxVersion: number } | undefined>> | null;
  metadata(topics: readonly string[]): Promise<unknown>;
  describeGroups(request: object): Promise<unknown>;
  describeConfigs(request: object): Promise<unknown>;
  offsetFetch(request: object): Promise<unknown>;
  fetch(request: object): Promise<unknown>;
  joinGroup?(request: object): Promise<unknown>;
  listOffsets(request: object): Promise<unknown>;
  offsetCommit(request: OffsetCommitPort): Promise<unknown>;
}

/** Where kafkajs's broker objects send every request (kafkajs: src/broker/index.js); undefined = it cannot be found. */
export function sendRequestOf(broker: object): { readonly symbol: symbol; readonly send: Function } | undefined {
  const symbols = Object.getOwnPropertySymbols(Object.getPrototypeOf(broker) ?? {});
  const symbol = symbols.find(({ description }) => description === "private:Broker:sendRequest");
  const send: unknown = symbol === undefined ? undefined : Reflect.get(broker, symbol);
  return symbol === undefined || typeof send !== "function" ? undefined : { symbol, send };
}

/** Every commit of a member passes here: automatic ones, the user's own, a seek's, and a reset's (offset −1 or −2). */
export interface OffsetCommitPort {
  readonly groupId: string;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number | string; readonly offset: unknown }[];
  }[];
}

/** Makes and hands out the Cluster objects of one Kafka instance. */
export interface ClusterSource {
  /** Runs `make` and returns, beside its result, the Cluster that was made meanwhile: the one `make`'s client uses. */
  capture<T>(make: () => T): { readonly made: T; readonly cluster: ClusterPort | undefined };
  /** A Cluster of its own, with its own connections. undefined where this kafkajs does not show how. */
  create(): ClusterPort | undefined;
}

/**
 * kafkajs keeps the function that makes its Cluster objects under a symbol on the instance (kafkajs: src/index.js).
 * Where it is missing, everything that needs a Cluster does without.
 */
export function clusterSourceOf(kafka: object): ClusterSource {
  const symbol = Object.getOwnPropertySymbols(kafka).find((key) => key.description === "private:Kafka:createCluster");
  const createCluster: unknown = symbol === undefined ? undefined : Reflect.get(kafka, symbol);
  if (symbol === undefined || typeof createCluster !== "function") return noClusters;
  const create = (options: unknown): unknown => Reflect.apply(createCluster, kafka, [options]);
  return {
    capture: (make) => {
      let cluster: unknown;
      Reflect.set(kafka, symbol, (options: unknown) => {
        cluster = create(options);
        return cluster;
      });
      try {
        const made = make();
        return { made, cluster: isCluster(cluster) ? cluster : undefined };
      } finally {
        Reflect.set(kafka, symbol, createCluster);
      }
    },
    create: () => {
      const cluster = create({ metadataMaxAge: 300_000, allowAutoTopicCreation: false });
      return isCluster(cluster) ? cluster : undefined;
    },
  };
}

const noClusters: ClusterSource = {
  capture: (make) => ({ made: make(), cluster: undefined }),
  create: () => undefined,
};

/** The name that the brokers themselves give to their cluster; undefined before any metadata was loaded. */
export function clusterIdOf(cluster: ClusterPort | undefined): string | undefined {
  return cluster?.brokerPool?.metadata?.clusterId ?? undefined;
}

function isCluster(value: unknown): value is ClusterPort {
  if (typeof value !== "object" || value === null) return false;
  const methods = ["connect", "refreshMetadata", "findBroker", "findGroupCoordinator", "findTopicPartitionMetadata"];
  return methods.every((name) => typeof Reflect.get(value, name) === "function");
}
