import { type DeathReason, deadOf, deathReasons } from "./deaths.ts";
import type { Gap, Verdict } from "./finding.ts";
import type { Receipts } from "./lane-record.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { difference, emptyRanges, isEmpty, type RangeSet, union, upTo } from "./range-set.ts";

/** What left a queue unprocessed with somebody's word for where it went. Nothing of it is missing. */
export function describeSettled(
  producerId: string,
  queue: string,
  receipts: Receipts | undefined,
  ledger: LedgerReport,
): readonly Gap[] {
  if (receipts === undefined) return [];
  const explained = (verdict: Verdict, decidedBy: string, sequences: RangeSet): Gap => {
    const left = upTo(difference(sequences, receipts.processed), ledger.assigned);
    return {
      producerId,
      group: queue,
      sequences: left,
      state: "explained",
      verdict,
      cause: undefined,
      offsets: undefined,
      decidedBy,
    };
  };
  const gaps: Gap[] = [];
  let said: RangeSet = emptyRanges;
  for (const reason of deathReasons) {
    const letters = difference(receipts.deaths?.[reason] ?? emptyRanges, said);
    gaps.push(
      explained("store.dead-lettered", `Its dead letter was met behind the queue: ${wordsOf[reason]}.`, letters),
    );
    said = union(said, letters);
  }
  const rejected = difference(receipts.rejected, deadOf(receipts.deaths));
  gaps.push(explained("consume.rejected", "The application rejected it without asking for it again.", rejected));
  return gaps.filter(({ sequences }) => !isEmpty(sequences));
}

const wordsOf: Readonly<Record<DeathReason, string>> = {
  expired: "its time-to-live was over (expired)",
  maxlen: "the queue was full (maxlen)",
  rejected: "a consumer rejected it (rejected)",
  delivery_limit: "it had been delivered too often (delivery_limit)",
};
