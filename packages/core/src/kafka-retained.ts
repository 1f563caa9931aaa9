import type { Verdict } from "./finding.ts";
import type { GroupContext, LaneContext } from "./kafka-context.ts";
import type { Place } from "./kafka-places.ts";
import { above, emptyRanges, type RangeSet, rangeOf } from "./range-set.ts";

/**
 * Offsets that the log start passed while the group, empty, had them still before it: the log start was read before
 * the commit, so nobody will get them. With members, what they jump over decides.
 */
export function retainedOf(context: LaneContext, group: GroupContext): RangeSet {
  const { reading } = context;
  const committed = group.reading?.committed;
  if (reading === undefined || group.reading?.isEmpty !== true || committed === undefined) return emptyRanges;
  if (hasUnclearEnd(context, group)) return emptyRanges;
  // An unheard member may have worked what lies below: one that committed, or one that was foreign, off or silent.
  return rangeOf(Math.max(committed, group.memory.highestCommit, group.memory.doubtTo), reading.logStart - 1);
}

/** Offsets that the group went past while nobody could have worked them, and where nobody unheard may have since. */
export function passedOf({ era }: LaneContext, { memory }: GroupContext): RangeSet {
  if (memory.passedOver?.era !== era) return emptyRanges;
  return above(memory.passedOver.offsets, memory.doubtTo - 1);
}

/** Whether the log start went past it too, or only the group did. */
export function passedVerdict({ reading, memory }: LaneContext, place: Place): Verdict {
  return place.high < (reading?.logStart ?? memory.logStart) ? "store.retention" : "consume.skipped";
}

/** A member never said that it left: what it did last may not have been heard. */
function hasUnclearEnd(context: LaneContext, group: GroupContext): boolean {
  const { nowMs, policy } = context.input;
  return [...group.record.members].some(([clientId, member]) => {
    if (member.claim.state === "closed") return false;
    const silentSince = group.memory.silentSince.get(clientId);
    return silentSince === undefined || silentSince + policy.foreignMs > nowMs;
  });
}
