import type { DoubtCause, Gap, GapState, Verdict } from "./finding.ts";
import type { Proof } from "./judge.ts";
import { type CohortFacts, hasEverPassed, isProven } from "./judge-rabbitmq-cohorts.ts";
import { splitByCause } from "./judge-rabbitmq-doubt.ts";
import type { Cohort, DoubtStretch } from "./judge-rabbitmq-memory.ts";
import { disposalsOf } from "./judge-rabbitmq-verdict.ts";
import { above, difference, emptyRanges, intersection, isEmpty, type RangeSet, union, upTo } from "./range-set.ts";

/** What one pass knows of a stream in a queue, for the words that people read. */
export interface GapFacts {
  readonly producerId: string;
  readonly queue: string;
  readonly era: number;
  readonly graceMs: number;
  /** Got by somebody, settled or not. */
  readonly received: RangeSet;
  /** Told to the application as sent without an answer of the broker. */
  readonly unconfirmed: RangeSet;
  readonly doubtTo: number;
  readonly stretches: readonly DoubtStretch[];
  /** Up to here a consumer that died may have held it. */
  readonly diedTo: number;
  readonly cohorts: CohortFacts;
}

export interface GapsAndProofs {
  readonly gaps: readonly Gap[];
  readonly proofs: readonly Proof[];
}

/** Says of each open message how far its case has come. Sequences of one fate are one gap. */
export function describeCohorts(cohorts: readonly Cohort[], facts: GapFacts): GapsAndProofs {
  const fates = new Map<string, { readonly fate: Fate; readonly sequences: RangeSet }>();
  const add = (fate: Fate, sequences: RangeSet): void => {
    if (isEmpty(sequences)) return;
    const key = JSON.stringify([fate.state, fate.verdict, fate.cause, fate.decidedBy, fate.goneAbove]);
    fates.set(key, { fate, sequences: union(fates.get(key)?.sequences ?? emptyRanges, sequences) });
  };
  for (const cohort of cohorts) {
    judgeUnreceived(cohort, facts, add);
    judgeHeld(cohort, facts, add);
  }
  const gaps: Gap[] = [];
  const proofs: Proof[] = [];
  for (const { fate, sequences } of fates.values()) {
    const gap = toGap(fate, sequences, facts);
    if (fate.state === "confirmed") proofs.push(toProof(gap, facts, fate.goneAbove));
    else gaps.push(gap);
  }
  return { gaps, proofs };
}

interface Fate {
  readonly state: GapState;
  readonly verdict: Verdict;
  readonly cause: DoubtCause | undefined;
  readonly decidedBy: string;
  /** Of what a restart or the queue's end took. */
  readonly goneAbove?: number | undefined;
}
type AddFate = (fate: Fate, sequences: RangeSet) => void;

function judgeUnreceived(cohort: Cohort, facts: GapFacts, add: AddFate): void {
  const unreceived = difference(cohort.sequences, facts.received);
  if (isEmpty(unreceived)) return;
  const { nowMs, sight, ledger } = facts.cohorts;
  const { departure } = sight.watch;
  const isByItself = departure === "by-itself";
  const isMeant = isByItself && !hasEverPassed(cohort);
  const isUnclear = cohort.gone?.kind === "deleted" && (isByItself || departure === "unclear");
  if (cohort.passed === undefined || isMeant || isUnclear) {
    const fate = isMeant ? wentByItself : fateOfWaiting(facts);
    if (nowMs - cohort.openedAtMs >= facts.graceMs) add(fate, unreceived);
    return;
  }
  const isShown = nowMs - cohort.passed.atMs >= facts.graceMs;
  const doubtTo = cohort.gone === undefined ? facts.doubtTo : cohort.gone.above;
  const doubted = upTo(unreceived, doubtTo);
  const unconfirmed = intersection(difference(unreceived, doubted), facts.unconfirmed);
  const rest = difference(difference(unreceived, doubted), unconfirmed);
  const { disposals, maybeDead } = disposalsOf(cohort, rest, { limits: sight.watch.limits, ledger });
  const goneAbove = cohort.gone?.above;
  const state = isProven(cohort, facts.cohorts) ? "confirmed" : "suspected";
  for (const { sequences, ...found } of disposals)
    if (state !== "suspected") add({ ...found, state, cause: undefined, goneAbove }, sequences);
  // A consumer that is about to report is no case for people yet.
  if (!isShown) return;
  for (const part of splitByCause(doubted, facts.stretches)) add(inDoubt(part.cause), part.sequences);
  add(inDoubt("no-confirms"), unconfirmed);
  // Where a dead-letter exchange may have taken what the queue threw away, only the letter could tell.
  add({ ...inDoubt("may-be-dead-lettered"), verdict: "store.dead-lettered" }, maybeDead);
  if (state !== "suspected") return;
  for (const { sequences, verdict } of disposals) add({ ...suspected, verdict }, sequences);
}

/** What waits in a queue that is no longer there will not be delivered; who read it before nobody may have seen. */
function fateOfWaiting({ cohorts: { sight } }: GapFacts): Fate {
  if (!sight.watch.isGone) return pending;
  return { ...inDoubt("not-provable"), verdict: "store.dropped", decidedBy: goneUnseen };
}

/** Received and never settled: whoever held it is gone, and the queue has passed since. It may have been worked. */
function judgeHeld(cohort: Cohort, facts: GapFacts, add: AddFate): void {
  const { passed } = cohort;
  const held = intersection(cohort.sequences, facts.received);
  if (passed === undefined || isEmpty(held) || facts.cohorts.nowMs - passed.atMs < facts.graceMs) return;
  // Another doubt may have reached them before the death was seen; what a dead consumer held is in doubt all the same.
  add(inDoubt("member-died"), upTo(held, facts.diedTo));
  const later = above(held, Math.max(facts.doubtTo, facts.diedTo));
  if (passed.isTwice && !isAnyOpen(passed.holders, facts)) add(inDoubt("received-never-settled"), later);
}

function isAnyOpen(holders: ReadonlySet<string>, facts: GapFacts): boolean {
  for (const [consumerId, look] of facts.cohorts.sight.watch.consumers)
    if (look.state === "open" && holders.has(consumerId)) return true;
  return false;
}

function toGap(fate: Fate, sequences: RangeSet, facts: GapFacts): Gap {
  return {
    producerId: facts.producerId,
    group: facts.queue,
    sequences,
    state: fate.state,
    verdict: fate.verdict,
    cause: fate.cause,
    offsets: undefined,
    decidedBy: fate.decidedBy,
  };
}

function toProof(gap: Gap, facts: GapFacts, goneAbove: number | undefined): Proof {
  return {
    producerId: facts.producerId,
    group: facts.queue,
    sequences: gap.sequences,
    era: facts.era,
    leftBehindFrom: undefined,
    ...(goneAbove === undefined ? {} : { goneAbove }),
    gap,
  };
}

const pending: Fate = {
  state: "pending",
  verdict: "store.missing",
  cause: undefined,
  decidedBy: "The queue has not given out anything that came later, and was not seen empty.",
};

const goneUnseen =
  "The queue is no longer there; nobody saw whether it was read before, or whether it went by itself or was deleted.";

const wentByItself: Fate = {
  state: "explained",
  verdict: "store.dropped",
  cause: undefined,
  decidedBy: "The queue, exclusive or deleted by itself, went with its last consumer or connection, or expired.",
};

const suspected: Fate = {
  state: "suspected",
  verdict: "store.dropped",
  cause: undefined,
  decidedBy: "The queue has passed it; the reports of the open consumers, or the counters, are outstanding.",
};

function inDoubt(cause: DoubtCause): Fate {
  return { state: "in-doubt", verdict: verdictInDoubt[cause] ?? "store.missing", cause, decidedBy: words[cause] ?? "" };
}

const verdictInDoubt: Readonly<Partial<Record<DoubtCause, Verdict>>> = {
  "member-died": "consume.unprocessed",
  "received-never-settled": "consume.unprocessed",
  "switched-off": "consume.unreported",
  "foreign-member": "consume.unreported",
};

const words: Readonly<Partial<Record<DoubtCause, string>>> = {
  "member-died": "A consumer ended without closing, or went silent; it may have worked it or not.",
  "received-never-settled": "A consumer received it, is gone, and nobody acknowledged or rejected it.",
  "switched-off": "A consumer was switched off while the message was on its way.",
  "foreign-member": "A reader that nobody audits took messages from the queue.",
  "state-lost": "The store lost what was reported of this queue.",
  "joined-late": "It was sent before the auditor watched this stream and queue.",
  "not-provable": "The queue was not bound, was changed or purged, or does not promise order.",
  "log-not-readable": "The queue's consumers and bindings could not be read.",
  "may-be-dead-lettered": "The queue passed it; its dead-letter exchange may have taken it.",
  "no-confirms": "The channel has no confirms: nobody knows whether the broker took it.",
  "not-testified": "An earlier auditor noted a doubt that lasts to it.",
};
