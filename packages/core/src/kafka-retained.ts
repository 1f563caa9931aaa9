import type { GroupContext, LaneContext } from "./kafka-context.ts";
import type { Place } from "./kafka-places.ts";
import { difference, firstOf, lastOf, rangeOf } from "./range-set.ts";

/**
 * Whether the log start passed a place that the group, empty, had still before it: the log start was read before the
 * commit, so nobody will get what lies between. Members that are there decide by what they jump over.
 */
export function isRetainedAway(context: LaneContext, group: GroupContext, place: Place): boolean {
  const { reading } = context;
  const committed = group.reading?.committed;
  if (reading === undefined || group.reading?.isEmpty !== true || committed === undefined) return false;
  if (!Number.isFinite(place.high) || hasUnclearEnd(context, group)) return false;
  const rest = difference(rangeOf(place.low, place.high), group.done);
  const first = firstOf(rest);
  const last = lastOf(rest);
  if (first === undefined || last === undefined || first < committed || last >= reading.logStart) return false;
  // An unheard member may have worked it: one that committed, or one that was foreign, off or silent.
  return Math.max(group.memory.highestCommit, group.memory.doubtTo) <= place.low;
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
