/**
 * The shape of kafkajs 2.x that this package relies on, and nothing more. What is here in types is documented by
 * kafkajs; what is only found at run time (its cluster object) is in cluster.ts and is optional.
 */

/** One message as the application hands it over. Every field may be missing or of a wrong type: kafkajs says so itself. */
export interface MessagePort {
  readonly key?: unknown;
  readonly value?: unknown;
  headers?: unknown;
  partition?: unknown;
}

export interface TopicMessagesPort {
  readonly topic: string;
  readonly messages: readonly MessagePort[];
}

/** What `send` and `sendBatch` share besides their messages; passed on as it is. */
interface SendSettingsPort {
  readonly acks?: number;
}

export interface SendPort extends TopicMessagesPort, SendSettingsPort {}

export interface SendBatchPort extends SendSettingsPort {
  readonly topicMessages?: readonly TopicMessagesPort[];
}

/** One entry of the answer to a send. */
export interface RecordMetadataPort {
  readonly topicName: string;
  readonly partition: number;
  readonly baseOffset?: string;
}

/** What a partitioner is called with. */
export interface PartitionerArguments {
  readonly topic: string;
  readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
  readonly message: MessagePort;
}

/** kafkajs uses the answer as a property key, so text is as good as a number. */
export type Partitioner = (args: PartitionerArguments) => number | string;

export interface ProducerConfigPort {
  readonly createPartitioner?: (() => Partitioner) | null;
  readonly idempotent?: boolean;
  readonly retry?: RetryPort;
}

export interface RetryPort {
  readonly retries?: number;
  readonly initialRetryTime?: number;
}

/** Where messages can be sent: a producer, or a transaction of one. */
export interface SenderPort {
  send(record: SendPort): Promise<readonly RecordMetadataPort[]>;
  sendBatch(batch: SendBatchPort): Promise<readonly RecordMetadataPort[]>;
}

export interface TransactionPort extends SenderPort {
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** What producers and consumers have in common. */
export interface ConnectablePort {
  on(event: string, listener: (event: { readonly payload?: unknown }) => void): () => void;
  disconnect(): Promise<void>;
}

export interface ProducerPort extends SenderPort, ConnectablePort {
  transaction(): Promise<TransactionPort>;
}

/** A record as a handler gets it. */
export interface ReceivedMessage {
  readonly offset: string;
  readonly key?: unknown;
  readonly value?: unknown;
  readonly headers?: Readonly<Record<string, unknown>>;
  /** Not in kafkajs's types: the header of the record's batch. */
  readonly batchContext?: { readonly partitionLeaderEpoch?: number };
}

export interface EachMessagePayloadPort {
  readonly topic: string;
  readonly partition: number;
  readonly message: ReceivedMessage;
}

export interface BatchPort {
  readonly topic: string;
  readonly partition: number;
  readonly highWatermark: string;
  readonly messages: readonly ReceivedMessage[];
  firstOffset(): string | null;
  lastOffset(): string;
}

export interface EachBatchPayloadPort {
  readonly batch: BatchPort;
  readonly resolveOffset: (offset: string) => void;
  readonly isRunning: () => boolean;
  readonly isStale: () => boolean;
}

export interface RunConfigPort {
  readonly autoCommit?: boolean;
  readonly eachBatchAutoResolve?: boolean;
  readonly eachMessage?: ((payload: EachMessagePayloadPort) => unknown) | null;
  readonly eachBatch?: ((payload: EachBatchPayloadPort) => unknown) | null;
}

export interface ConsumerPort extends ConnectablePort {
  seek(position: { readonly topic: string; readonly partition: number; readonly offset: string }): void;
  run(config?: RunConfigPort): Promise<void>;
}

interface ConsumerConfigPort {
  readonly groupId?: string;
}

export interface ResetOffsetsPort {
  readonly groupId: string;
  readonly topic: string;
}

/** An admin, as far as it moves groups. */
export interface AdminPort {
  setOffsets(request: ResetOffsetsPort): Promise<void>;
  resetOffsets(request: ResetOffsetsPort): Promise<void>;
  fetchOffsets(request: { readonly groupId: string; readonly topics: string[] }): Promise<readonly unknown[]>;
}

export interface KafkaPort {
  /** Absent in what only looks like a Kafka object. */
  admin?(config?: object): unknown;
  producer(config?: ProducerConfigPort): ProducerPort;
  consumer(config?: ConsumerConfigPort): ConsumerPort;
}

/** Whether an object has what a `Kafka` has. */
export function isKafka(value: unknown): value is KafkaPort {
  return hasMethods(value, ["producer", "consumer"]);
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return (
    typeof value === "object" && value !== null && names.every((name) => typeof Reflect.get(value, name) === "function")
  );
}
