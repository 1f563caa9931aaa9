import { type AgedRanges, standingSince } from "./aged-ranges.ts";
import type { DoubtCause, Gap } from "./finding.ts";
import type { GroupContext, LaneContext } from "./kafka-context.ts";
import type { Proven } from "./kafka-left-behind.ts";
import type { KafkaMemory, SteadyLeader } from "./kafka-memory.ts";
import type { Place } from "./kafka-places.ts";
import type { Receipts } from "./lane-record.ts";
import { covers, intersection, isEmpty, overlaps, type RangeSet } from "./range-set.ts";
import type { KafkaReading } from "./reading.ts";

/** A leader that nobody looked at for longer may have been another one meanwhile, or may have lost its disk. */
const maxUnwatchedMs = 5_000;

/** From which offset on everything was finished under the leader that this reading shows; Infinity = from none. */
export function steadyFromOf(memory: KafkaMemory, reading: KafkaReading | undefined, era: number): number {
  const { steady } = memory;
  if (reading === undefined || steady === undefined || era !== memory.era) return Number.POSITIVE_INFINITY;
  const isWatched = steady.leader === reading.leader && reading.beganAtMs - steady.readAtMs <= maxUnwatchedMs;
  return isWatched ? steady.from : Number.POSITIVE_INFINITY;
}

/** What is remembered for the next pass. `highestDone` is of a snapshot that was taken after the reading. */
export function steadyAfter(
  { reading, memory, steadyFrom }: Pick<LaneContext, "reading" | "memory" | "steadyFrom">,
  highestDone: number,
): SteadyLeader | undefined {
  if (reading === undefined) return undefined;
  const { leader, endedAtMs } = reading;
  const from = Number.isFinite(steadyFrom) ? steadyFrom : 1 + Math.max(highestDone, memory.highestDone);
  return { leader, readAtMs: endedAtMs, from };
}

/**
 * Whether the reports alone decide about an interval that a group has finished, though no record of it is read: the log
 * was not cut and filled again since, so that its offsets mean to the producer what they meant to the group.
 */
export function isCertainUnread(context: LaneContext, group: GroupContext, place: Place): boolean {
  const { reading, steadyFrom } = context;
  if (reading?.recordsUnread !== true || place.era !== context.era || context.eraRise !== undefined) return false;
  if (place.low < Math.max(reading.logStart, steadyFrom) || place.high >= reading.lastStableOffset) return false;
  // Nobody unheard may have worked there, and nothing without a stamp may be it.
  if (group.memory.doubtTo > place.low || overlaps(group.forbidden, place.low, place.high)) return false;
  const epochs = new Set(group.epochs.filter((run) => run.last >= place.low).map((run) => run.epoch));
  return epochs.size === 1;
}

/** Nobody reads records: what the member itself saw and left stands, all else only where the log was watched. */
export function ruleUnread(
  context: LaneContext,
  group: GroupContext,
  receipts: Receipts,
  place: Place,
  left: Proven | undefined,
): Proven | { readonly kind: "doubt"; readonly cause: DoubtCause } {
  if (left?.verdict === "consume.given-up" && covers(receipts.givenUp, place.first, place.last)) return left;
  if (!isCertainUnread(context, group, place)) return { kind: "doubt", cause: "log-not-readable" };
  const proven: Proven = left ?? { kind: "proven", verdict: "store.missing", leftBehindFrom: undefined };
  return { ...proven, unattributed: true };
}

/** Finished by the group, and waiting for a log that does not show itself: people hear of it, then it is a doubt. */
export function unreadGaps(
  context: LaneContext,
  gap: Pick<Gap, "producerId" | "group">,
  waiting: RangeSet,
  since: AgedRanges,
): readonly Gap[] {
  const { nowMs, policy } = context.input;
  const shown = intersection(waiting, standingSince(since, nowMs - policy.graceMs));
  if (isEmpty(shown)) return [];
  const isHopeless = !isEmpty(intersection(shown, standingSince(since, nowMs - policy.unreadableMs)));
  return [
    {
      ...gap,
      sequences: shown,
      state: isHopeless ? "in-doubt" : "suspected",
      verdict: "store.missing",
      cause: isHopeless ? "log-not-readable" : undefined,
      offsets: undefined,
      decidedBy:
        "The group finished every offset where it could be, and the log could not be read to see what lies there.",
    },
  ];
}
