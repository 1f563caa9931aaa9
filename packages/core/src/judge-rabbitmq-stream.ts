import type { DoubtCause, Gap, Verdict } from "./finding.ts";
import type { Proof } from "./judge.ts";
import type { LaneRecord, Receipts } from "./lane-record.ts";
import type { LedgerReport, VoidReason } from "./ledger-report.ts";
import { difference, emptyRanges, intersection, isEmpty, type RangeSet, unionAll } from "./range-set.ts";

/** What any consumer of any queue got of a stream: it was sent, whatever the producer knows of it. */
export function receivedAnywhere(snapshot: LaneRecord, producerId: string): RangeSet {
  const sets: RangeSet[] = [];
  for (const group of snapshot.groups.values()) {
    const receipts = group.receipts.get(producerId);
    if (receipts !== undefined) sets.push(receivedOf(receipts));
  }
  return unionAll(sets);
}

/** Everything that a queue's consumers got of a stream, settled or not. */
export function receivedOf(receipts: Receipts): RangeSet {
  return unionAll([receipts.received, receipts.processed, receipts.rejected, receipts.ahead]);
}

/** Messages that the broker never took, by its own word or by nobody's: not lost, but not sent either. */
export function describeNotSent(ledger: LedgerReport, received: RangeSet): readonly Gap[] {
  const gaps: Gap[] = [];
  const answered = unionAll([ledger.acked, received]);
  const voided = unionAll(ledger.voided.map((run) => run.sequences));
  for (const [verdict, sequences] of groupByVerdict(ledger)) {
    const unsent = difference(sequences, answered);
    if (!isEmpty(unsent)) gaps.push(notSent(ledger, unsent, verdict, undefined));
  }
  const uncertain = difference(ledger.uncertain, unionAll([answered, voided, ledger.returned]));
  if (!isEmpty(uncertain)) gaps.push(notSent(ledger, uncertain, "produce.uncertain", "outcome-unknown"));
  const copied = difference(intersection(ledger.returned, ledger.retried), received);
  if (!isEmpty(copied)) gaps.push(returnedOnce(ledger, copied));
  return gaps;
}

/** One copy came back; another one may lie in a queue, or may have been worked unheard. */
function returnedOnce(ledger: LedgerReport, sequences: RangeSet): Gap {
  return {
    producerId: ledger.producerId,
    group: undefined,
    sequences,
    state: "in-doubt",
    verdict: "produce.unroutable",
    cause: "earlier-copy-possible",
    offsets: undefined,
    decidedBy: "The broker returned it, but it had been published before on a channel that closed.",
  };
}

/** The broker gave it back as unroutable: lost for every queue, and proven by the ledger alone. */
export function proveUnroutable(snapshot: LaneRecord, ledger: LedgerReport, received: RangeSet): readonly Proof[] {
  const known = snapshot.verdicts.get(ledger.producerId)?.lost ?? emptyRanges;
  // What was published once more may have been routed the first time.
  const sequences = difference(ledger.returned, unionAll([known, received, ledger.retried]));
  if (isEmpty(sequences)) return [];
  const gap: Gap = {
    producerId: ledger.producerId,
    group: undefined,
    sequences,
    state: "confirmed",
    verdict: "produce.unroutable",
    cause: undefined,
    offsets: undefined,
    decidedBy: "The broker returned it: no queue is bound to its routing key.",
  };
  return [
    { producerId: ledger.producerId, group: undefined, sequences, era: snapshot.era, leftBehindFrom: undefined, gap },
  ];
}

function groupByVerdict(ledger: LedgerReport): ReadonlyMap<Verdict, RangeSet> {
  const byVerdict = new Map<Verdict, RangeSet>();
  for (const { reason, sequences } of ledger.voided) {
    const verdict = verdictOfVoid[reason];
    byVerdict.set(verdict, unionAll([byVerdict.get(verdict) ?? emptyRanges, sequences]));
  }
  return byVerdict;
}

const verdictOfVoid: Readonly<Record<VoidReason, Verdict>> = {
  nacked: "produce.nacked",
  rejected: "produce.rejected",
  refused: "produce.rejected",
  "too-large": "produce.rejected",
  aborted: "produce.rejected",
  unstamped: "produce.rejected",
};

function notSent(ledger: LedgerReport, sequences: RangeSet, verdict: Verdict, cause: DoubtCause | undefined): Gap {
  return {
    producerId: ledger.producerId,
    group: undefined,
    sequences,
    state: "not-sent",
    verdict,
    cause,
    offsets: undefined,
    decidedBy: notSentBy[verdict] ?? "The client refused it before it was sent.",
  };
}

const notSentBy: Readonly<Partial<Record<Verdict, string>>> = {
  "produce.nacked": "The broker answered with a nack.",
  "produce.uncertain": "No confirm came: the channel closed first, or the broker has not answered.",
};
