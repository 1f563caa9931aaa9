import type { DoubtCause } from "./finding.ts";
import type { LaneContext } from "./kafka-context.ts";
import { isFull } from "./kafka-log.ts";
import type { Place } from "./kafka-places.ts";
import type { KafkaReading } from "./reading.ts";

/** Compaction was at work there, or may have been for all that anybody watched. */
export type HoleDoubt = Extract<DoubtCause, "compacted" | "policy-not-read">;

/** What the auditor knows of compaction in a log: a hole may be its work long after the topic's setting was changed. */
export interface Cleaning {
  /** The topic's setting as it was read last; undefined = never. */
  readonly compacted: boolean | undefined;
  readonly readAtMs: number;
  /** What lies below may have been removed: the log was that long while the topic was compacted. */
  readonly compactedTo: number;
  /** What lies below was there before anybody watched the setting, or while nobody did. */
  readonly unwatchedTo: number;
}

export const noCleaning: Cleaning = {
  compacted: undefined,
  readAtMs: Number.NEGATIVE_INFINITY,
  compactedTo: 0,
  unwatchedTo: 0,
};

/** A lane at rest is looked at once a minute. A setting that was not read for longer may have been another meanwhile. */
const maxUnwatchedMs = 130_000;

/** What is known after a reading; where a log was cut, what comes after the cut is new. */
export function cleaningAfter(before: Cleaning, reading: KafkaReading | undefined, cut: number | undefined): Cleaning {
  const { compactedTo, unwatchedTo } = before;
  const kept = cut === undefined ? before : { ...before, ...below(cut, { compactedTo, unwatchedTo }) };
  if (reading?.compacted === undefined) return kept;
  const end = Math.max(reading.logEnd ?? 0, reading.highWatermark);
  const isWatched = reading.beganAtMs - before.readAtMs <= maxUnwatchedMs;
  // The setting was changed at some time since it was read: what came in between may have been cleaned as well.
  const wasCompacted = reading.compacted || before.compacted === true;
  return {
    compacted: reading.compacted,
    readAtMs: reading.beganAtMs,
    compactedTo: wasCompacted ? Math.max(kept.compactedTo, end) : kept.compactedTo,
    unwatchedTo: isWatched ? kept.unwatchedTo : Math.max(kept.unwatchedTo, end),
  };
}

/**
 * Why a hole in the log, where these messages can lie, may be compaction's work and proves nothing; undefined = it
 * cannot be, for the setting was watched since before they were sent, and read in this very pass, or there is no hole.
 */
export function holeDoubtOf({ cleaning, reading, view }: LaneContext, place: Place): HoleDoubt | undefined {
  if (isFull(view, place)) return undefined;
  if (cleaning.compacted === true || place.low < cleaning.compactedTo) return "compacted";
  return reading?.compacted === undefined || place.low < cleaning.unwatchedTo ? "policy-not-read" : undefined;
}

/** The setting was read before, and not in this pass: the next one may tell. */
export function isPolicyAwaited({ cleaning, reading, input }: LaneContext): boolean {
  if (cleaning.compacted === undefined || reading?.compacted !== undefined) return false;
  return input.nowMs - cleaning.readAtMs <= maxUnwatchedMs;
}

function below(cut: number, of: Pick<Cleaning, "compactedTo" | "unwatchedTo">) {
  return { compactedTo: Math.min(of.compactedTo, cut), unwatchedTo: Math.min(of.unwatchedTo, cut) };
}
