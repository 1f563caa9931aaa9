import type { ReadingTrace } from "./watched-messages.ts";

/** What an `eachBatch` handler did with one message. */
export type MessageOutcome = "processed" | "left" | "unknown" | "refetched";

/** What was seen of an `eachBatch` handler that is over. */
export interface BatchEnd {
  readonly hasThrown: boolean;
  /** kafkajs resolves the whole batch when the handler returns. */
  readonly isAutoResolved: boolean;
  /** How many of the messages, from the first, lie at or below the highest offset that it resolved. */
  readonly resolvedCount: number;
  readonly messageCount: number;
  readonly reading: ReadingTrace;
  /** Position of the message that it was at when it was first told to stop (`isRunning`, `isStale`); −1 = before the first. */
  readonly stoppedAt: number | undefined;
}

/**
 * What became of the message at a position of the batch. A handler that returned has processed everything, unless it
 * left early: it was told to stop before it had resolved the last message, or it closed its iteration. Then what it
 * resolved or went through is processed, the message at which it broke off is neither, and the rest is left, provided
 * that the array was read in no other way.
 */
export function outcomeAt(index: number, end: BatchEnd): MessageOutcome {
  if (index < end.resolvedCount) return "processed";
  if (end.hasThrown || !end.isAutoResolved) return "refetched";
  if (!hasLeftEarly(end)) return "processed";
  const { reading } = end;
  if (reading.isReadOtherwise || reading.iteration === "open" || reading.iteration === "none") return "unknown";
  const brokeOffAt = Math.min(
    end.stoppedAt ?? Number.POSITIVE_INFINITY,
    reading.iteration === "closed-early" ? reading.yielded : Number.POSITIVE_INFINITY,
  );
  if (index < brokeOffAt) return "processed";
  return index > reading.yielded && reading.iteration === "closed-early" ? "left" : "unknown";
}

function hasLeftEarly(end: BatchEnd): boolean {
  if (end.resolvedCount >= end.messageCount) return false;
  return end.stoppedAt !== undefined || end.reading.iteration === "closed-early" || end.reading.iteration === "open";
}
