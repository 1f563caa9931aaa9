import { type Admin, type Consumer, type ITopicConfig, Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { isKnownTo, readLog, type StoredRecord } from "./read-log.ts";
import { until } from "./until.ts";

/** What a row may say of a topic; one partition with three copies unless told otherwise. */
export interface TopicWish {
  readonly partitions?: number;
  readonly replicas?: number;
  readonly config?: Readonly<Record<string, string>>;
  /** The brokers that hold each partition, its leader first. */
  readonly assignment?: readonly (readonly number[])[];
}

/** Kafka as a row sees it without Seqwatch: to make what it needs, and to know what is true. */
export class KafkaWorld {
  readonly brokers: readonly string[];
  readonly #name: (base: string) => string;
  readonly #topics: string[] = [];
  #admin: Promise<Admin> | undefined;

  constructor(brokers: readonly string[], name: (base: string) => string) {
    this.brokers = brokers;
    this.#name = name;
  }

  /** A Kafka object that Seqwatch does not know of. */
  bare(config: Partial<KafkaConfig> = {}): Kafka {
    return new Kafka({ clientId: "bare", brokers: [...this.brokers], logLevel: logLevel.NOTHING, ...config });
  }

  /** An admin that Seqwatch does not know of, connected. */
  async admin(): Promise<Admin> {
    this.#admin ??= (async () => {
      // A row may have frozen the broker that is asked: the next one answers.
      const admin = this.bare({ requestTimeout: 8_000, retry: { retries: 20, maxRetryTime: 2_000 } }).admin();
      await admin.connect();
      return admin;
    })();
    return await this.#admin;
  }

  /** Makes a topic and waits until each partition has a leader. Resolves to its full name. */
  async topic(base: string, wish: TopicWish = {}): Promise<string> {
    const topic = this.#name(base);
    await this.remake(topic, wish);
    this.#topics.push(topic);
    return topic;
  }

  /** The same for a name that is taken already: for what was deleted. */
  async remake(
    topic: string,
    { partitions = 1, replicas = 3, config = {}, assignment }: TopicWish = {},
  ): Promise<void> {
    const admin = await this.admin();
    const copies: Partial<ITopicConfig> =
      assignment === undefined
        ? { numPartitions: partitions, replicationFactor: replicas }
        : { replicaAssignment: assignment.map((brokers, partition) => ({ partition, replicas: [...brokers] })) };
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    // kafkajs waits for leaders itself, but gives up where a broker does not know the topic yet.
    await admin.createTopics({ waitForLeaders: false, topics: [{ topic, ...copies, configEntries }] });
    await until(`${topic} to have its leaders`, async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const made = topics[0]?.partitions ?? [];
      return made.length > 0 && made.every(({ leader, isr }) => leader >= 0 && isr.length > 0);
    });
    await this.known(topic, assignment?.length ?? partitions);
  }

  /** Waits until every broker that is there knows so many partitions of a topic. */
  async known(topic: string, partitionCount: number): Promise<void> {
    const admin = await this.admin();
    await until(`every broker to know ${partitionCount} partitions of ${topic}`, async () => {
      const { brokers } = await admin.describeCluster();
      const nodeIds = brokers.map(({ nodeId }) => nodeId);
      return await isKnownTo(this.bare({ retry: { retries: 0 } }), nodeIds, topic, partitionCount);
    });
  }

  /** Everything that the log holds now, read by a client of its own without a group. */
  async stored(topic: string, options: { readonly uncommitted?: boolean } = {}): Promise<readonly StoredRecord[]> {
    return await readLog(this.bare({ retry: { retries: 20, maxRetryTime: 2_000 } }), topic, options);
  }

  /** The node id of a partition's leader. */
  async leaderOf(topic: string, partition: number): Promise<number> {
    const admin = await this.admin();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const found = topics[0]?.partitions.find(({ partitionId }) => partitionId === partition);
    return found?.leader ?? -1;
  }

  /** Resolves when this consumer joins its group the next time: call it before `run`, and wait for it after. */
  async joined(consumer: Consumer): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const forget = consumer.on(consumer.events.GROUP_JOIN, () => resolve());
    await promise;
    forget();
  }

  /** Resolves once a group has committed at least this offset. */
  async committed(group: string, topic: string, partition: number, offset: number): Promise<void> {
    const admin = await this.admin();
    await until(`${group} to commit ${offset} of ${topic}/${partition}`, async () => {
      const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      const known = found?.partitions.find((one) => one.partition === partition);
      return Number(known?.offset ?? -1) >= offset;
    });
  }

  async close(): Promise<void> {
    const admin = await this.#admin?.catch(() => undefined);
    if (this.#topics.length > 0) await admin?.deleteTopics({ topics: this.#topics }).catch(() => undefined);
    await admin?.disconnect().catch(() => undefined);
  }
}
