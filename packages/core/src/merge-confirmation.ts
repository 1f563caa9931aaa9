import { deadOf } from "./deaths.ts";
import type { Receipts } from "./lane-record.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { addToReceipts, addVerdict, noVerdicts } from "./merge-notes.ts";
import { above, difference, emptyRanges, isEmpty, type RangeSet, unionAll, upTo } from "./range-set.ts";
import type { Confirmation } from "./store.ts";
import { emptyGroup, emptyReceipts, noRequests, type StoredLane } from "./stored-lane.ts";

/**
 * Makes losses final, except where the record contradicts them by now. `added` holds, per confirmation, what is new;
 * so two auditors, or one that repeats itself, report each loss once.
 */
export function mergeConfirmations(
  lane: StoredLane,
  confirmations: readonly Confirmation[],
): { readonly lane: StoredLane; readonly added: readonly RangeSet[] } {
  let merged = lane;
  const added = confirmations.map((confirmation) => {
    const sequences = newLosses(merged, confirmation);
    const { producerId, group } = confirmation;
    merged =
      group === undefined
        ? addVerdict(merged, producerId, "lost", sequences)
        : addToReceipts(merged, { group, producerId, set: "lost", sequences });
    return sequences;
  });
  return { lane: merged === lane ? lane : { ...merged, version: lane.version + 1 }, added };
}

function newLosses(lane: StoredLane, confirmation: Confirmation): RangeSet {
  const { producerId, group, era, leftBehindFrom, goneAbove } = confirmation;
  const ledger = lane.ledgers.get(producerId);
  if (era !== lane.era || ledger === undefined) return emptyRanges;
  const { lost, withdrawn } = lane.verdicts.get(producerId) ?? noVerdicts;
  const floor = Math.max(ledger.floor, lane.requests.get(producerId)?.floor ?? noRequests.floor);
  const judged = above(upTo(confirmation.sequences, ledger.assigned), floor - 1);
  const open = difference(judged, unionAll([lost, withdrawn, notSent(ledger)]));
  if (isEmpty(open)) return emptyRanges;
  if (group === undefined) return difference(open, settledAnywhere(lane, producerId));
  const { doubtTo, receipts } = lane.groups.get(group) ?? emptyGroup;
  if (leftBehindFrom !== undefined && leftBehindFrom < doubtTo) return emptyRanges;
  const known = receipts.get(producerId) ?? emptyReceipts;
  const lowest = Math.max(known.floor, (goneAbove ?? known.doubtTo) + 1);
  return difference(
    above(upTo(open, known.ceiling - 1), lowest - 1),
    unionAll([known.lost, known.withdrawn, metIn(known)]),
  );
}

/** What was certainly not stored. What was acked as well counts as sent. */
function notSent(ledger: LedgerReport): RangeSet {
  return difference(unionAll(ledger.voided.map(({ sequences }) => sequences)), ledger.acked);
}

/** What any group has met cannot be lost at the stream. */
function settledAnywhere(lane: StoredLane, producerId: string): RangeSet {
  const met: RangeSet[] = [];
  for (const { receipts } of lane.groups.values()) {
    const known = receipts.get(producerId);
    if (known !== undefined) met.push(metIn(known));
  }
  return unionAll(met);
}

function metIn({ processed, rejected, ahead, received, deaths }: Receipts): RangeSet {
  return unionAll([processed, rejected, ahead, received, deadOf(deaths)]);
}
