import type { DoubtCause } from "./finding.ts";
import { type DoubtStretch, maxStretches, type StreamDoubt, type StreamMemory } from "./judge-rabbitmq-memory.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { intersection, isEmpty, type RangeSet, rangeOf } from "./range-set.ts";

export interface DoubtStep {
  readonly doubt: StreamDoubt;
  readonly doubtTo: number;
  readonly stretches: readonly DoubtStretch[];
  readonly diedTo: number;
}

/**
 * Raises `doubtTo` of a stream while its queue is in doubt, and until a report that the producer certainly wrote after
 * the doubt had ended. The report after the one in the record may have been under way already; it was answered before
 * the one that follows was written, so that one is late enough.
 */
export function stepDoubt(input: {
  readonly previous: StreamMemory | undefined;
  readonly ledger: LedgerReport;
  readonly cause: DoubtCause | undefined;
  /** What the record holds, perhaps from another auditor. */
  readonly recordedTo: number;
}): DoubtStep {
  const { previous, ledger } = input;
  const doubt = nextDoubt(previous, ledger, input.cause);
  const recorded = addStretch(previous?.stretches ?? [], input.recordedTo, "not-testified");
  const stretches = doubt.kind === "none" ? recorded : addStretch(recorded, ledger.assigned, doubt.cause);
  const isOver = doubt.kind === "ending" && ledger.number >= doubt.atNumber;
  const isDeath = doubt.kind !== "none" && doubt.cause === "member-died";
  return {
    doubt: isOver ? { kind: "none" } : doubt,
    stretches,
    diedTo: isDeath ? ledger.assigned : (previous?.diedTo ?? 0),
    doubtTo: stretches.at(-1)?.to ?? 0,
  };
}

/** Splits sequences in doubt by what put them there. */
export function splitByCause(
  sequences: RangeSet,
  stretches: readonly DoubtStretch[],
): readonly { readonly cause: DoubtCause; readonly sequences: RangeSet }[] {
  const parts: { cause: DoubtCause; sequences: RangeSet }[] = [];
  let from = 0;
  for (const { to, cause } of stretches) {
    const part = intersection(sequences, rangeOf(from, to));
    if (!isEmpty(part)) parts.push({ cause, sequences: part });
    from = to + 1;
  }
  return parts;
}

function nextDoubt(
  previous: StreamMemory | undefined,
  ledger: LedgerReport,
  cause: DoubtCause | undefined,
): StreamDoubt {
  if (cause !== undefined) return { kind: "lasting", cause };
  if (previous === undefined || previous.number === 0 || ledger.number < previous.number) {
    const first: DoubtCause = ledger.number < (previous?.number ?? 0) ? "state-lost" : "joined-late";
    // The first report answered since the last look; the one after it was written later than that look.
    return { kind: "ending", cause: first, atNumber: ledger.number + 1 };
  }
  if (previous.doubt.kind === "lasting")
    return { kind: "ending", cause: previous.doubt.cause, atNumber: ledger.number + 2 };
  return previous.doubt;
}

function addStretch(stretches: readonly DoubtStretch[], to: number, cause: DoubtCause): readonly DoubtStretch[] {
  const last = stretches.at(-1);
  if (to <= (last?.to ?? 0)) return stretches;
  if (last?.cause === cause) return [...stretches.slice(0, -1), { to, cause }];
  const added = [...stretches, { to, cause }];
  return added.length > maxStretches ? added.slice(1) : added;
}
