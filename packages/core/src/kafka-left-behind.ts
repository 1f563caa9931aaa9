import type { Verdict } from "./finding.ts";
import type { GroupContext } from "./kafka-context.ts";
import type { Place } from "./kafka-places.ts";
import type { Receipts } from "./lane-record.ts";
import { covers, difference, isEmpty, overlaps, type RangeSet, rangeOf } from "./range-set.ts";

/** Lost for the group, by this verdict. */
export type Proven = {
  readonly kind: "proven";
  readonly verdict: Verdict;
  readonly leftBehindFrom: number | undefined;
  readonly unattributed?: boolean;
};

/**
 * Whether the member left it behind: by its own offset where that is known, and given up by its receipt too, for the
 * offset may have been another message's before a cut that nobody saw.
 */
export function leftBehindOf(group: GroupContext, receipts: Receipts, place: Place): Proven | undefined {
  const proven = (verdict: Verdict): Proven => ({ kind: "proven", verdict, leftBehindFrom: place.low });
  const isIn = (offsets: RangeSet) => !place.exact || covers(offsets, place.low, place.high);
  if (isIn(group.givenUp) && covers(receipts.givenUp, place.first, place.last)) return proven("consume.given-up");
  if (place.exact ? isIn(group.jumped) : covers(receipts.jumped, place.first, place.last)) {
    return proven("consume.skipped");
  }
  const rest = difference(rangeOf(place.low, place.high), group.handled);
  if (isEmpty(rest)) return undefined;
  return proven(isEmpty(difference(rest, group.givenUp)) ? "consume.given-up" : "consume.skipped");
}

const reasons: Partial<Record<Verdict, string>> = {
  "store.retention": "The log start passed it while the group, empty, was still below it.",
  "consume.given-up": "The handler was over without it, and the same member's own commit passed it.",
  "consume.skipped": "The group's position was moved past it, and a commit beyond it followed.",
};

/** What proves it, for people. */
export function decidedBy(verdict: Verdict): string {
  return reasons[verdict] ?? "The group finished every offset where it could be, and it was not there.";
}

/** A handler gave up what lay at its offset, and it was not this message. */
export function isOthersGivenUp(group: GroupContext, receipts: Receipts, place: Place): boolean {
  if (!place.exact || !overlaps(group.givenUp, place.low, place.high)) return false;
  return !covers(receipts.givenUp, place.first, place.last);
}
