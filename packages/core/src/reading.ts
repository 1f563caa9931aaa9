import type { QueueRecord } from "./lane-record.ts";
import type { RangeSet } from "./range-set.ts";

/** A stamped record that the log holds. */
export interface LoggedStamp {
  readonly producerId: string;
  readonly sequence: number;
  readonly offset: number;
  readonly epoch: number;
  /** The record's own time, milliseconds since 1970; for people. */
  readonly timestampMs?: number;
  /** Its W3C `traceparent`, where it carries one. */
  readonly traceparent?: string;
}

/** Every committed record of `first..last` was read. */
export interface LogExtract {
  readonly first: number;
  readonly last: number;
  readonly stamps: readonly LoggedStamp[];
  /** Stamped records of transactions that were aborted: there, and nobody who reads committed ones gets them. */
  readonly aborted?: readonly LoggedStamp[];
  /** Offsets of records that no handler is given: those of aborted transactions, and the marks of all. */
  readonly undelivered?: RangeSet;
  /** Records without a stamp, or with one of another lane. */
  readonly unstamped: RangeSet;
  /** The leader epochs seen, by offset run. */
  readonly epochs: readonly { readonly epoch: number; readonly first: number; readonly last: number }[];
}

/** One look at a Kafka partition, begun and ended at the auditor's monotonic times. */
export interface KafkaReading {
  readonly kind: "kafka";
  readonly beganAtMs: number;
  readonly endedAtMs: number;
  /** Below 0 where nobody leads, as there is no such partition. */
  readonly leader: number;
  /** Set where the topic has no such partition: how many it has. The rest then reads as an empty log. */
  readonly partitionCount?: number;
  readonly logStart: number;
  /** The leader's own log end (ListOffsets with replica id −2); undefined where it cannot be read. */
  readonly logEnd: number | undefined;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  /** As it stands: read with this reading, or a second before at most. undefined = not readable now. */
  readonly compacted: boolean | undefined;
  /** How long a broker holds back the first member of an empty group; absent = not readable. */
  readonly firstJoinDelayMs?: number;
  readonly extracts: readonly LogExtract[];
  /** Records are not read, by the auditor's settings or for want of the right: `extracts` stays empty. */
  readonly recordsUnread?: boolean;
  readonly groups: ReadonlyMap<string, GroupReading>;
}

export interface GroupReading {
  /** The next offset to be read, read after the log start; undefined = none. */
  readonly committed: number | undefined;
  readonly isEmpty: boolean;
  /** The broker does not know the group, or not any more. */
  readonly isGone?: boolean;
  /** The instrumented clients that are members, by id: whether the partition is theirs, or may be while the group rebalances. */
  readonly watchedClients: ReadonlyMap<string, boolean>;
  /** Members that no living instrumented client accounts for. */
  readonly foreignMemberCount: number;
}

/** What a queue does with messages that nobody takes, by its arguments and the policies in force. */
export interface QueueLimits {
  /** undefined = messages live for ever, but for an expiration of their own. */
  readonly ttlMs: number | undefined;
  /** A length limit that throws away the oldest. */
  readonly dropsHead: boolean;
  /** What it throws away may go on: a dead-letter exchange is set, and is not known to lead nowhere. */
  readonly deadLetters: boolean;
  /** What is left of its messages when its broker starts again; undefined = not known. */
  readonly atRestart: "all" | "persistent" | "none" | undefined;
  /** What the broker deletes it with: exclusive queues go with their connection, auto-delete ones with their last consumer. */
  readonly goesWith: "connection" | "last-consumer" | undefined;
  /** It is deleted after nobody has used it for so long; undefined = never. */
  readonly expiresAfterMs: number | undefined;
}

/** Of a queue that throws nothing away, or of which nothing is known. */
export const noLimits: QueueLimits = {
  ttlMs: undefined,
  dropsHead: false,
  deadLetters: false,
  atRestart: undefined,
  goesWith: undefined,
  expiresAfterMs: undefined,
};

/** Whether a message that nobody received may have gone to a dead-letter exchange. Rejected ones alone do not count. */
export function mayDeadLetter({ ttlMs, dropsHead, deadLetters }: QueueLimits): boolean {
  return deadLetters && (ttlMs !== undefined || dropsHead);
}

/** One look at a RabbitMQ queue for one lane. */
export interface QueueReading {
  readonly beganAtMs: number;
  readonly exists: boolean;
  /** Its node is away: nobody reaches it, and it may come back as it was. Nothing else of this reading counts. */
  readonly isAway?: true;
  /** Whether the lane's exchange and routing key reach this queue; undefined = not readable. */
  readonly bound: boolean | undefined;
  /** Exchange direct, topic, fanout or default; queue classic or quorum, without priorities. */
  readonly provable: boolean;
  readonly limits: QueueLimits;
  /** Another text = bindings, arguments or policy changed. */
  readonly shape: string;
  /** The exact count, by a passive declare; undefined = not readable. */
  readonly consumerCount: number | undefined;
  /** Messages that wait for somebody to take them, exact by the same declare. */
  readonly readyCount: number | undefined;
  /** The count that statistics have; absent = not readable. */
  readonly listedConsumerCount?: number | undefined;
  /** Statistics, which lag by up to `statisticsLagMs`; undefined = not readable. */
  readonly ready: number | undefined;
  readonly unacked: number | undefined;
  readonly getCount: number | undefined;
  /** Messages that were published to it since it was declared, or its broker started. */
  readonly publishCount: number | undefined;
  /** Nobody was ever given anything of it, as far as statistics tell; undefined = not readable. */
  readonly isUntouched: boolean | undefined;
  /** How long the queue's node has been up, as it last told; undefined = not readable. */
  readonly uptimeMs: number | undefined;
  readonly statisticsLagMs: number;
}

/** The queues of a RabbitMQ lane, each with its own record: read before the lane's. */
export interface RabbitReading {
  readonly kind: "rabbitmq";
  readonly beganAtMs: number;
  readonly queues: ReadonlyMap<string, { readonly record: QueueRecord; readonly reading: QueueReading | undefined }>;
}

/** Offsets that the judge would like to see in the log next time. */
export interface LogRange {
  readonly first: number;
  readonly last: number;
}
