import type { Neighbour } from "./finding.ts";
import { contains, firstOf, lastOf, type RangeSet } from "./range-set.ts";
import type { LoggedStamp } from "./reading.ts";

/** The nearest records of the same stream on either side of a gap, among those that were read; the earlier one first. */
export function neighboursOf(
  stamps: readonly LoggedStamp[],
  producerId: string,
  missing: RangeSet,
): readonly Neighbour[] {
  const first = firstOf(missing) ?? 0;
  const last = lastOf(missing) ?? 0;
  let before: LoggedStamp | undefined;
  let after: LoggedStamp | undefined;
  for (const stamp of stamps) {
    if (stamp.producerId !== producerId || contains(missing, stamp.sequence)) continue;
    if (stamp.sequence < first && stamp.sequence > (before?.sequence ?? 0)) before = stamp;
    if (stamp.sequence > last && stamp.sequence < (after?.sequence ?? Number.POSITIVE_INFINITY)) after = stamp;
  }
  return [before, after].flatMap((stamp) => (stamp === undefined ? [] : [toNeighbour(stamp)]));
}

function toNeighbour({ sequence, offset, timestampMs, traceparent }: LoggedStamp): Neighbour {
  return { sequence, offset, timestampMs, traceparent };
}
