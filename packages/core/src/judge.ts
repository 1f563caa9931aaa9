import type { Gap } from "./finding.ts";
import { judgeKafka, type KafkaMemory, noKafkaMemory } from "./judge-kafka.ts";
import { judgeRabbit, noRabbitMemory, type RabbitMemory } from "./judge-rabbitmq.ts";
import type { Lane } from "./lane.ts";
import type { LaneRecord } from "./lane-record.ts";
import type { Policy } from "./policy.ts";
import type { KafkaReading, LogRange, RabbitReading } from "./reading.ts";
import type { AuditNotes, Confirmation } from "./store.ts";

/** How a client stands, by its life sign, as the auditor's own monotonic clock has seen it. */
export type ClientStanding = "alive" | "silent" | "off" | "closed";

/** Everything that one judgement rests on. The reading was finished, and the clients read, before the snapshot. */
export interface JudgeInput {
  readonly lane: Lane;
  readonly snapshot: LaneRecord;
  /** undefined = the broker could not be read in this pass. */
  readonly reading: KafkaReading | RabbitReading | undefined;
  readonly clients: ReadonlyMap<string, ClientStanding>;
  /** True in the pass after the store may have lost writes (another master, another life, a broken chain). */
  readonly storeDoubted: boolean;
  readonly memory: LaneMemory;
  /** Monotonic. */
  readonly nowMs: number;
  readonly policy: Policy;
}

/** What the auditor itself remembers of a lane between passes. Losing it only delays. */
export interface LaneMemory {
  readonly kafka: KafkaMemory;
  readonly rabbit: RabbitMemory;
}

export const noMemory: LaneMemory = { kafka: noKafkaMemory, rabbit: noRabbitMemory };

/** A confirmation together with what a finding will say of it. */
export interface Proof extends Confirmation {
  readonly gap: Gap;
}

export interface Judgement {
  readonly memory: LaneMemory;
  /** What is missing now and not (yet) final; worked out anew at each pass. */
  readonly gaps: readonly Gap[];
  /** What may be made final, once the store agrees. */
  readonly proofs: readonly Proof[];
  readonly notes: AuditNotes;
  /** What the next reading of the log should cover. */
  readonly wanted: readonly LogRange[];
}

/**
 * Decides what is lost, pending, in doubt or explained in one lane. Pure: the same input gives the same judgement,
 * and facts that vanish from the snapshot never add to what is lost.
 */
export function judge(input: JudgeInput): Judgement {
  return input.lane.system === "kafka" ? judgeKafka(input) : judgeRabbit(input);
}
