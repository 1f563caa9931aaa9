import type { Verdict } from "./finding.ts";
import { maybeDeadIn } from "./judge-rabbitmq-gone.ts";
import type { Cohort, Gone } from "./judge-rabbitmq-memory.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { difference, emptyRanges, intersection, isEmpty, type RangeSet } from "./range-set.ts";
import type { QueueLimits } from "./reading.ts";

/** What became of messages that the queue took and gave to nobody. */
export interface Disposal {
  readonly verdict: Verdict;
  readonly decidedBy: string;
  readonly sequences: RangeSet;
}

/**
 * Why a queue no longer has messages that nobody received. One cause alone is named; where several are possible they
 * were "dropped", which is true of all of them. `maybeDead` are those whose dead letter may exist.
 */
export function disposalsOf(
  cohort: Cohort,
  sequences: RangeSet,
  queue: { readonly limits: QueueLimits | undefined; readonly ledger: LedgerReport },
): { readonly disposals: readonly Disposal[]; readonly maybeDead: RangeSet } {
  if (cohort.gone !== undefined)
    return { disposals: disposalsAtEnd(cohort.gone, sequences, queue.ledger), maybeDead: emptyRanges };
  if (queue.limits === undefined) return { disposals: [], maybeDead: sequences };
  const maybeDead = maybeDeadIn(queue.limits, sequences, queue.ledger);
  const known = difference(sequences, maybeDead);
  return { disposals: disposalsByLimit(cohort, known, { ...queue, limits: queue.limits }), maybeDead };
}

function disposalsAtEnd(
  { kind, limits, hadPassed }: Gone,
  sequences: RangeSet,
  ledger: LedgerReport,
): readonly Disposal[] {
  if (kind === "deleted") return [{ verdict: "store.dropped", decidedBy: wordsOf.deleted, sequences }];
  const expirable = limits.ttlMs === undefined ? expiringOf(ledger) : sequences;
  const unclear = hadPassed || limits.dropsHead ? sequences : intersection(sequences, expirable);
  return withoutEmpty([
    { verdict: "store.restarted", decidedBy: wordsOf.restarted, sequences: difference(sequences, unclear) },
    { verdict: "store.dropped", decidedBy: wordsOf.restartedOrLimit, sequences: unclear },
  ]);
}

function disposalsByLimit(
  { passed, openedAtMs }: Cohort,
  sequences: RangeSet,
  { limits, ledger }: { readonly limits: QueueLimits; readonly ledger: LedgerReport },
): readonly Disposal[] {
  const ageMs = (passed?.atMs ?? openedAtMs) - openedAtMs + maxUnseenMs;
  const isOverdue = limits.ttlMs !== undefined && limits.ttlMs <= ageMs;
  const areOverdue = (ledger.lifetimes?.expiresAfterMs ?? 0) <= ageMs;
  const overdue = isOverdue ? sequences : areOverdue ? intersection(sequences, expiringOf(ledger)) : emptyRanges;
  const rest = difference(sequences, overdue);
  return withoutEmpty([
    limits.dropsHead
      ? { verdict: "store.dropped", decidedBy: wordsOf.expiredOrFull, sequences: overdue }
      : { verdict: "store.expired", decidedBy: wordsOf.expired, sequences: overdue },
    { verdict: "store.dropped", decidedBy: limits.dropsHead ? wordsOf.full : wordsOf.dropped, sequences: rest },
  ]);
}

function expiringOf(ledger: LedgerReport): RangeSet {
  return ledger.lifetimes?.expiring ?? emptyRanges;
}

function withoutEmpty(disposals: readonly Disposal[]): readonly Disposal[] {
  return disposals.filter(({ sequences }) => !isEmpty(sequences));
}

/** A message may have been in the queue for so long before it was first seen there: a report, and a pass. */
const maxUnseenMs = 2_000;

const passed = "The queue gave out what came later, or was empty, and no consumer received it";

const wordsOf = {
  dropped: `${passed}: the queue has no limit that would have taken it, so it was purged or lost.`,
  full: `${passed}: the queue has a length limit, and throws away the oldest.`,
  expired: `${passed}: its time-to-live was over.`,
  expiredOrFull: `${passed}: the queue has a length limit and a time-to-live, and nothing tells which of them took it.`,
  restarted:
    "The broker started again after it had confirmed it, nobody had received it, and it was transient or in a queue that is not durable.",
  restartedOrLimit:
    "The broker started again after it had confirmed it, and nobody had received it; something else may have taken it before.",
  deleted: "The queue was deleted while the message lay in it; no consumer had received it.",
} as const;
