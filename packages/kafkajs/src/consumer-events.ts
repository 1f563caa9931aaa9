import type { StartedBatch } from "./assigned-lane.ts";
import { at, listAt } from "./untyped.ts";

/** The payload of `start_batch_process` and `end_batch_process`. */
export interface BatchStarted extends StartedBatch {
  readonly topic: string;
  readonly partition: number;
}

/** Reads the payload of a batch event. Numbers are texts there, and `firstOffset` is null when nothing came. */
export function batchStartedOf(payload: unknown): BatchStarted {
  const first = at(payload, "firstOffset");
  return {
    topic: String(at(payload, "topic")),
    partition: Number(at(payload, "partition")),
    first: first === null || first === undefined ? undefined : Number(first),
    last: Number(at(payload, "lastOffset")),
    visibleCount: Number(at(payload, "batchSize")),
    highWatermark: Number(at(payload, "highWatermark")),
    fetchOffset: undefined,
  };
}

/** Reads the payload of `group_join`. */
export function assignmentOf(payload: unknown): {
  readonly memberId: string;
  readonly isLeader: boolean;
  readonly assignment: ReadonlyMap<string, ReadonlySet<number>>;
} {
  const assignment = new Map<string, Set<number>>();
  const topics = at(payload, "memberAssignment");
  if (typeof topics === "object" && topics !== null) {
    for (const [topic, partitions] of Object.entries(topics)) {
      if (Array.isArray(partitions)) assignment.set(topic, new Set(partitions.map(Number)));
    }
  }
  return { memberId: String(at(payload, "memberId")), isLeader: at(payload, "isLeader") === true, assignment };
}

/** One partition of a commit. */
export interface CommittedPartition {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to be read; negative where a position was reset. */
  readonly offset: number;
}

/** Reads a commit request, or the payload of `commit_offsets`: there partitions may be texts, offsets texts or Longs. */
export function commitsOf(payload: unknown): readonly CommittedPartition[] {
  return listAt(payload, "topics").flatMap((entry) =>
    listAt(entry, "partitions").map((one) => ({
      topic: String(at(entry, "topic")),
      partition: Number(at(one, "partition")),
      offset: Number(String(at(one, "offset"))),
    })),
  );
}
