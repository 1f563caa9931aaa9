import type { Gap } from "./finding.ts";
import { type HoleDoubt, holeDoubtOf, isPolicyAwaited } from "./kafka-cleaning.ts";
import type { LaneContext } from "./kafka-context.ts";
import { readableOf } from "./kafka-log.ts";
import { hullOf, type Place } from "./kafka-places.ts";
import type { Receipts } from "./lane-record.ts";
import { covers, isEmpty, overlaps, rangeOf, unionAll } from "./range-set.ts";
import type { LogRange } from "./reading.ts";

/** What can be said of messages of a compacted topic that their group went past. */
export type CompactedRuling =
  | { readonly kind: "compacted" }
  | { readonly kind: "doubt"; readonly cause: HoleDoubt; readonly range?: LogRange };

/** Gone by design where the log has a hole at their own offsets; nobody can say otherwise on a compacted topic. */
export function ruleCompacted({ reading, view }: LaneContext, place: Place): CompactedRuling {
  const doubt = { kind: "doubt", cause: "compacted" } as const;
  if (reading === undefined || !place.exact || place.located || place.low < reading.logStart) return doubt;
  const range = readableOf(reading, place.low, place.high);
  if (range === undefined || range.last < place.high) return doubt;
  if (!covers(view.covered, range.first, range.last)) return { ...doubt, range };
  for (let offset = place.low; offset <= place.high; offset += 1) if (view.byOffset.has(offset)) return doubt;
  return overlaps(view.unstamped, place.low, place.high) ? doubt : { kind: "compacted" };
}

/**
 * Whether compaction may have removed messages that their group went past, though the topic is not compacted now. Those
 * that a handler was given were there.
 */
export function ruleHole(
  context: LaneContext,
  receipts: Receipts,
  place: Place,
): CompactedRuling | { readonly kind: "wanted"; readonly range: LogRange } | undefined {
  if (covers(receipts.givenUp, place.first, place.last)) return undefined;
  const cause = holeDoubtOf(context, place);
  if (cause === undefined) return undefined;
  if (cause === "compacted") return ruleCompacted(context, place);
  // Read again in each pass: unread, it would be no doubt any more.
  const range = { first: place.low, last: place.high };
  return isPolicyAwaited(context) ? { kind: "wanted", range } : { kind: "doubt", cause, range };
}

/** Explained: the topic's own setting removed them. */
export function compactedGaps(about: Pick<Gap, "producerId" | "group">, places: readonly Place[]): readonly Gap[] {
  const sequences = unionAll(places.map(({ first, last }) => rangeOf(first, last)));
  if (isEmpty(sequences)) return [];
  return [
    {
      ...about,
      sequences,
      state: "explained",
      verdict: "store.compacted",
      cause: undefined,
      offsets: hullOf(places, sequences),
      decidedBy: "The log has a hole at its own offset, below newer records: compaction removed it.",
    },
  ];
}
