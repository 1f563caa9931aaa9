import { maxAheadRanges, type Receipts } from "./lane-record.ts";
import { maxRanges } from "./ledger-report.ts";
import { above, firstOf, foldOldest, type RangeSet, union, upTo } from "./range-set.ts";
import {
  type AheadKind,
  emptyReceipts,
  joinAhead,
  maxUnknownStreams,
  type StoredLane,
  withEntry,
} from "./stored-lane.ts";

/** The receipts of one stream, ready to be merged into, or `undefined` where there is no room for an unknown stream. */
export interface OpenReceipts {
  /** With the group's mark that the stream is unknown, where it is. */
  readonly lane: StoredLane;
  readonly receipts: Receipts | undefined;
  /** What the ledger claims; 0 without one. */
  readonly assigned: number;
}

/** Prepares the receipts of a stream. `highest` is remembered where they find no room. */
export function openReceipts(
  lane: StoredLane,
  stream: { readonly group: string; readonly producerId: string; readonly highest: number },
  stored: Receipts | undefined,
  kind: AheadKind,
): OpenReceipts {
  const { group, producerId, highest } = stream;
  const receipts = stored ?? emptyReceipts;
  const ledger = lane.ledgers.get(producerId);
  if (ledger !== undefined) {
    const { assigned } = ledger;
    return { lane, receipts: joinAhead(receipts, assigned, kind), assigned };
  }
  const unknown = lane.unknown.get(group) ?? new Set<string>();
  if (unknown.has(producerId)) return { lane, receipts, assigned: 0 };
  if (unknown.size >= maxUnknownStreams) {
    const droppedTo = Math.max(lane.droppedTo, highest);
    return { lane: { ...lane, droppedTo }, receipts: undefined, assigned: 0 };
  }
  const marked = withEntry(lane.unknown, group, new Set(unknown).add(producerId));
  return { lane: { ...lane, unknown: marked }, receipts, assigned: 0 };
}

/** Adds claimed sequences to the set of their kind and the rest to `ahead`, whose farthest lower the ceiling. */
export function addReceipts(receipts: Receipts, added: RangeSet, assigned: number, kind: AheadKind): Receipts {
  const waiting = union(receipts.ahead, above(added, assigned));
  const ahead = waiting.slice(0, 2 * maxAheadRanges);
  const dropped = firstOf(waiting.slice(2 * maxAheadRanges));
  return {
    ...receipts,
    [kind]: union(receipts[kind], upTo(added, assigned)),
    ahead,
    ceiling: Math.min(receipts.ceiling, dropped ?? Number.POSITIVE_INFINITY),
  };
}

/** Receipts within their bounds: what folds raises the floor below which they say nothing. */
export function boundReceipts(receipts: Receipts): Receipts {
  let floor = receipts.floor;
  const bound = (set: RangeSet): RangeSet => {
    const folded = foldOldest(set, maxRanges);
    floor = Math.max(floor, folded.floor);
    return folded.set;
  };
  const sets = {
    processed: bound(receipts.processed),
    rejected: bound(receipts.rejected),
    givenUp: bound(receipts.givenUp),
    jumped: bound(receipts.jumped),
    duplicate: bound(receipts.duplicate),
    lost: bound(receipts.lost),
    withdrawn: bound(receipts.withdrawn),
    received: bound(receipts.received),
  };
  // It explains and decides nothing: what folds is only no longer said.
  return { ...receipts, ...sets, late: foldOldest(receipts.late, maxRanges).set, floor };
}
