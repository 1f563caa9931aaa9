import { deadOf } from "./deaths.ts";
import type { GoneAt } from "./judge-rabbitmq-memory.ts";
import type { Receipts } from "./lane-record.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { above, difference, emptyRanges, firstOf, type RangeSet, rangeOf, unionAll, upTo } from "./range-set.ts";

/** What a queue is owed of a stream. */
export interface Expected {
  /** undefined = nothing. */
  readonly from: number | undefined;
  /** undefined = the queue is there. */
  readonly goneAt: GoneAt | undefined;
  /** Lost before any queue could get it. */
  readonly atStream: RangeSet;
}

/** Promised to the world, expected here, not settled, and above everything that some set has forgotten. */
export function openOf(ledger: LedgerReport, receipts: Receipts | undefined, expected: Expected): RangeSet {
  if (expected.from === undefined) return emptyRanges;
  const { atStream } = expected;
  const promised = difference(unionAll([ledger.acked, ledger.omitted, ledger.told]), ledger.returned);
  const settled =
    receipts === undefined
      ? atStream
      : unionAll([
          atStream,
          receipts.processed,
          receipts.rejected,
          receipts.ahead,
          receipts.lost,
          deadOf(receipts.deaths),
        ]);
  const lowest = Math.max(expected.from, ledger.floor, receipts?.floor ?? 0);
  const ceiling = receipts?.ceiling ?? Number.POSITIVE_INFINITY;
  const to = Math.min(ceiling - 1, expected.goneAt?.to ?? Number.POSITIVE_INFINITY);
  return upTo(above(difference(promised, settled), lowest - 1), to);
}

/** The first sequence that is open, or whose outcome the producer does not know yet. */
export function unfinishedFrom(ledger: LedgerReport, open: RangeSet, from: number): number {
  const decided = unionAll([
    ledger.acked,
    ledger.omitted,
    ledger.told,
    ledger.returned,
    ledger.uncertain,
    ...ledger.voided.map((run) => run.sequences),
  ]);
  const undecided = difference(rangeOf(Math.max(from, ledger.floor), ledger.assigned), decided);
  return Math.min(firstOf(open) ?? ledger.assigned + 1, firstOf(undecided) ?? ledger.assigned + 1);
}

/** What was stamped after the queue's end is not its business; the next report was written after the first look. */
export function nextGoneAt(before: GoneAt | undefined, { number, assigned }: LedgerReport): GoneAt {
  if (before === undefined) return { number: number + 1, to: assigned };
  return number <= before.number ? { ...before, to: assigned } : before;
}
