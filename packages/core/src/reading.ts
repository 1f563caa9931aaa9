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
  readonly leader: number;
  readonly logStart: number;
  /** The leader's own log end (ListOffsets with replica id −2); undefined where it cannot be read. */
  readonly logEnd: number | undefined;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  /** undefined = never read. */
  readonly compacted: boolean | undefined;
  readonly extracts: readonly LogExtract[];
  readonly groups: ReadonlyMap<string, GroupReading>;
}

export interface GroupReading {
  /** The next offset to be read, read after the log start; undefined = none. */
  readonly committed: number | undefined;
  readonly isEmpty: boolean;
  /** Members that no living instrumented client accounts for. */
  readonly foreignMemberCount: number;
}

/** One look at a RabbitMQ queue for one lane. */
export interface QueueReading {
  readonly beganAtMs: number;
  readonly exists: boolean;
  /** Whether the lane's exchange and routing key reach this queue; undefined = not readable. */
  readonly bound: boolean | undefined;
  /** Exchange direct, topic, fanout or default; queue classic or quorum, without priorities. */
  readonly provable: boolean;
  /** A dead-letter exchange together with a TTL or a max-length. */
  readonly mayDeadLetter: boolean;
  /** Another text = bindings, arguments or policy changed. */
  readonly shape: string;
  /** The exact count, by a passive declare; undefined = not readable. */
  readonly consumerCount: number | undefined;
  /** Statistics, which lag by up to `statisticsLagMs`; undefined = not readable. */
  readonly ready: number | undefined;
  readonly unacked: number | undefined;
  readonly getCount: number | undefined;
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
