import type { ClientStanding } from "./judge.ts";
import { type GroupRecord, type LaneRecord, noRepeats, type Receipts, type StreamVerdicts } from "./lane-record.ts";
import type { LedgerReport } from "./ledger-report.ts";
import {
  above,
  difference,
  emptyRanges,
  intersection,
  type RangeSet,
  rangeOf,
  union,
  unionAll,
  upTo,
} from "./range-set.ts";

/** The sets of a stream that every judge needs, with the precedence processed > acked > void > uncertain. */
export interface StreamFacts {
  readonly ledger: LedgerReport;
  readonly verdicts: StreamVerdicts;
  /** The messages that the world relies on. */
  readonly promised: RangeSet;
  /** Certainly not stored, and never acked. */
  readonly voided: RangeSet;
  /** Nobody can say whether they were stored, and the log has not shown them. */
  readonly unknown: RangeSet;
  /** Given out, and nothing was told of what became of them yet. */
  readonly inFlight: RangeSet;
  /** The same of a producer that is gone: nothing will be told. */
  readonly left: RangeSet;
}

export const noVerdicts: StreamVerdicts = { seen: [], lost: [], withdrawn: [] };

export const noReceipts: Receipts = {
  processed: [],
  rejected: [],
  givenUp: [],
  jumped: [],
  duplicate: [],
  repeats: noRepeats,
  late: [],
  lost: [],
  withdrawn: [],
  ahead: [],
  ceiling: Number.POSITIVE_INFINITY,
  floor: 0,
  received: [],
  firstDelivered: 0,
  doubtTo: 0,
};

/** Reads a stream out of a snapshot. `standing` is that of its producer's client. */
export function streamFactsOf(snapshot: LaneRecord, ledger: LedgerReport, standing?: ClientStanding): StreamFacts {
  const verdicts = snapshot.verdicts.get(ledger.producerId) ?? noVerdicts;
  const voided = difference(unionAll(ledger.voided.map((run) => run.sequences)), ledger.acked);
  const seen = intersection(ledger.uncertain, verdicts.seen);
  const promised = difference(unionAll([ledger.acked, ledger.omitted, ledger.told, seen]), voided);
  const unknown = difference(difference(ledger.uncertain, promised), voided);
  const inFlight = withoutOutcome(ledger);
  const left = standing === "silent" || standing === "closed" ? inFlight : emptyRanges;
  return { ledger, verdicts, promised: above(promised, ledger.floor - 1), voided, unknown, inFlight, left };
}

function withoutOutcome(ledger: LedgerReport): RangeSet {
  const { acked, omitted, uncertain, told, returned, voided, floor, assigned } = ledger;
  const settled = unionAll([acked, omitted, uncertain, told, returned, ...voided.map((run) => run.sequences)]);
  return difference(rangeOf(Math.max(1, floor), assigned), settled);
}

/** Processed, with the receipts that came ahead of the ledger's claim. */
export function processedOf(receipts: Receipts, assigned: number): RangeSet {
  return union(receipts.processed, upTo(receipts.ahead, assigned));
}

/** Processed by any group: such a message was stored, whatever its producer was told. */
export function processedByAny(snapshot: LaneRecord, ledger: LedgerReport): RangeSet {
  const sets: RangeSet[] = [];
  for (const group of snapshot.groups.values()) {
    const receipts = group.receipts.get(ledger.producerId);
    if (receipts !== undefined) sets.push(processedOf(receipts, ledger.assigned));
  }
  return unionAll(sets);
}

/** Up to where every group has finished the stream without a gap. */
export function settledTo(snapshot: LaneRecord, facts: StreamFacts): number {
  if (snapshot.groups.size === 0) return 0;
  let lowest = facts.ledger.assigned;
  for (const group of snapshot.groups.values()) lowest = Math.min(lowest, finishedTo(group, facts));
  return lowest;
}

function finishedTo(group: GroupRecord, facts: StreamFacts): number {
  const receipts = group.receipts.get(facts.ledger.producerId) ?? noReceipts;
  const processed = processedOf(receipts, facts.ledger.assigned);
  const finished = unionAll([processed, receipts.rejected, receipts.lost, facts.verdicts.lost, facts.voided]);
  const open = difference([Math.max(1, facts.ledger.floor), Math.max(1, facts.ledger.assigned)], finished);
  return open[0] === undefined ? facts.ledger.assigned : open[0] - 1;
}
