import type { Lane } from "./lane.ts";
import type { KafkaReading, LogRange, QueueReading } from "./reading.ts";

/** Reads a broker's own evidence. It never writes, is bounded, and answers undefined for "no evidence yet". */
export interface EvidenceReader {
  readonly system: Lane["system"];
  /** Kafka: log start first, then the groups' commits, then the wanted ranges. `nowMs` is the auditor's monotonic clock. */
  readLog?(
    lane: Lane,
    wanted: readonly LogRange[],
    groups: readonly string[],
    nowMs: () => number,
  ): Promise<KafkaReading | undefined>;
  /** RabbitMQ: one queue as the lane's destination and partition reach it. */
  readQueue?(lane: Lane, queue: string, nowMs: () => number): Promise<QueueReading | undefined>;
  /** RabbitMQ: the queues that the lane reaches now, at most a few hundred; undefined = not readable. */
  findQueues?(lane: Lane, nowMs: () => number): Promise<readonly string[] | undefined>;
  close(): Promise<void>;
}
