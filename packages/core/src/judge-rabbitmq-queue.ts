import { deadOf } from "./deaths.ts";
import type { Gap } from "./finding.ts";
import type { JudgeInput, Proof } from "./judge.ts";
import { type CohortFacts, stepCohorts } from "./judge-rabbitmq-cohorts.ts";
import { type DoubtStep, stepDoubt } from "./judge-rabbitmq-doubt.ts";
import { describeCohorts } from "./judge-rabbitmq-gaps.ts";
import type { Cohort, QueueMemory, StreamMemory } from "./judge-rabbitmq-memory.ts";
import { nextGoneAt, openOf, unfinishedFrom } from "./judge-rabbitmq-open.ts";
import { describeSettled } from "./judge-rabbitmq-settled.ts";
import { receivedOf } from "./judge-rabbitmq-stream.ts";
import { type QueueSight, watchQueue } from "./judge-rabbitmq-watch.ts";
import type { GroupRecord, Receipts } from "./lane-record.ts";
import type { LedgerReport } from "./ledger-report.ts";
import {
  difference,
  emptyRanges,
  firstOf,
  intersection,
  isEmpty,
  lastOf,
  type RangeSet,
  rangeOf,
  union,
} from "./range-set.ts";

/** What one pass finds out about one queue of a lane. */
export interface QueueJudgement {
  readonly memory: QueueMemory;
  readonly gaps: readonly Gap[];
  readonly proofs: readonly Proof[];
  readonly doubts: readonly { readonly group: string; readonly producerId: string; readonly to: number }[];
  readonly withdrawn: readonly { readonly producerId: string; readonly group: string; readonly sequences: RangeSet }[];
  /** By stream: the first sequence that the queue has not finished; absent where it expects nothing. */
  readonly openFrom: ReadonlyMap<string, number>;
}

interface QueueContext {
  readonly queue: string;
  readonly input: JudgeInput;
  readonly sight: QueueSight;
  readonly group: GroupRecord | undefined;
  readonly previous: QueueMemory | undefined;
}

export function judgeQueue(
  queue: string,
  input: JudgeInput,
  previous: QueueMemory | undefined,
  stateLost: boolean,
): QueueJudgement {
  const seen = input.reading?.kind === "rabbitmq" ? input.reading.queues.get(queue) : undefined;
  const sight = watchQueue({
    previous: previous?.watch,
    record: seen?.record,
    reading: seen?.reading,
    clients: input.clients,
    stateLost,
  });
  const group = input.snapshot.groups.get(queue);
  const context: QueueContext = { queue, input, sight, group, previous };
  // Of one that was gone at the first look nobody can know what it held.
  const isUnknown = previous === undefined && sight.watch.isGone;
  return isUnknown || isSomebodyElses(sight, group) ? passOver(context) : judgeStreams(context);
}

/**
 * Nobody that reports has anything to do with the queue, and somebody takes messages from it: they are not ours to miss.
 * One from which nobody ever took anything is watched: its messages wait, or it throws them away.
 */
function isSomebodyElses({ watch, reading }: QueueSight, group: GroupRecord | undefined): boolean {
  if (watch.consumers.size > 0) return false;
  for (const receipts of group?.receipts.values() ?? []) if (!isEmpty(receivedOf(receipts))) return false;
  if (reading?.exists === false) return watch.calm === undefined;
  return reading?.isUntouched !== true || reading.consumerCount !== 0;
}

/** Streams of before are expected from the first delivery on, should the queue ever be ours. */
function passOver({ input, sight }: QueueContext): QueueJudgement {
  const streams = new Map([...input.snapshot.ledgers].map(([producerId, ledger]) => [producerId, unseen(ledger)]));
  const memory = { watch: { ...sight.watch, calm: undefined }, streams };
  return { memory, gaps: [], proofs: [], doubts: [], withdrawn: [], openFrom: new Map() };
}

function judgeStreams(context: QueueContext): QueueJudgement {
  const { input, group, sight, queue } = context;
  const streams = new Map<string, StreamMemory>();
  const gaps: Gap[] = [];
  const proofs: Proof[] = [];
  const doubts: { group: string; producerId: string; to: number }[] = [];
  const withdrawn: { producerId: string; group: string; sequences: RangeSet }[] = [];
  const openFrom = new Map<string, number>();
  for (const producerId of new Set([...input.snapshot.ledgers.keys(), ...(group?.receipts.keys() ?? [])])) {
    const receipts = group?.receipts.get(producerId);
    // A queue that the lane does not reach expects nothing of it, unless it did before.
    const isKnown = receipts !== undefined || context.previous?.streams.has(producerId) === true;
    if (!isKnown && sight.reading?.bound === false) {
      const ledger = input.snapshot.ledgers.get(producerId);
      if (group !== undefined && ledger !== undefined) streams.set(producerId, unseen(ledger));
      continue;
    }
    const found = judgeStream(producerId, receipts, context);
    streams.set(producerId, found.memory);
    gaps.push(...found.gaps);
    proofs.push(...found.proofs);
    if (found.memory.doubtTo > (receipts?.doubtTo ?? 0))
      doubts.push({ group: queue, producerId, to: found.memory.doubtTo });
    if (!isEmpty(found.withdrawn)) withdrawn.push({ producerId, group: queue, sequences: found.withdrawn });
    if (found.openFrom !== undefined) openFrom.set(producerId, found.openFrom);
  }
  return { memory: { watch: sight.watch, streams }, gaps, proofs, doubts, withdrawn, openFrom };
}

interface StreamInQueue {
  readonly memory: StreamMemory;
  readonly gaps: readonly Gap[];
  readonly proofs: readonly Proof[];
  readonly withdrawn: RangeSet;
  readonly openFrom: number | undefined;
}

function judgeStream(producerId: string, receipts: Receipts | undefined, context: QueueContext): StreamInQueue {
  const { input, queue, previous, sight } = context;
  const before = previous?.streams.get(producerId);
  const ledger = input.snapshot.ledgers.get(producerId);
  const expectsAll = before?.expectsAll ?? previous?.watch.bound === true;
  const received = receipts === undefined ? emptyRanges : receivedOf(receipts);
  if (ledger === undefined) return judgeUnledgered(producerId, received, { ...blank, expectsAll }, before, context);
  const step = stepDoubt({
    previous: before,
    ledger,
    cause: sight.cause,
    recordedTo: receipts?.doubtTo ?? 0,
  });
  const expectsFrom = before?.expectsFrom ?? firstCertain(step, context);
  const from = expectsAll ? 1 : lowestOf(firstOf(received), expectsFrom);
  const isCalm = sight.watch.calm?.beganAtMs === sight.reading?.beganAtMs && sight.reading !== undefined;
  const goneAt = sight.watch.isGone ? nextGoneAt(before?.goneAt, ledger) : undefined;
  const atStream = input.snapshot.verdicts.get(producerId)?.lost ?? emptyRanges;
  const open = openOf(ledger, receipts, { from, goneAt, atStream });
  const facts = factsOf({ open, ledger, receipts, calmTo: before?.calmTo }, context);
  const cohorts = stepCohorts(before?.cohorts ?? [], facts);
  const described = describeCohorts(cohorts, {
    producerId,
    queue,
    era: input.snapshot.era,
    graceMs: input.policy.graceMs,
    received,
    unconfirmed: difference(ledger.told, ledger.acked),
    doubtTo: step.doubtTo,
    stretches: step.stretches,
    diedTo: step.diedTo,
    cohorts: facts,
  });
  return {
    memory: {
      number: ledger.number,
      expectsAll,
      ...step,
      cohorts,
      settledTo: before?.settledTo ?? 0,
      calmTo: isCalm ? step.doubtTo : before?.calmTo,
      expectsFrom,
      goneAt,
    },
    gaps: [...described.gaps, ...describeSettled(producerId, queue, receipts, ledger)],
    proofs: described.proofs,
    withdrawn: receipts === undefined ? emptyRanges : withdrawnOf(receipts),
    openFrom: from === undefined ? undefined : unfinishedFrom(ledger, open, from),
  };
}

function factsOf(
  of: {
    readonly open: RangeSet;
    readonly ledger: LedgerReport;
    readonly receipts: Receipts | undefined;
    readonly calmTo: number | undefined;
  },
  { input, queue, group, sight }: QueueContext,
): CohortFacts {
  const { open, ledger, receipts, calmTo } = of;
  return {
    open,
    assigned: ledger.assigned,
    ledgerNumber: ledger.number,
    ledger,
    calmTo,
    reachesOnlyThis: input.lane.destination === "" && input.lane.partition === queue,
    firstDelivered: receipts?.firstDelivered ?? 0,
    highestOf: (consumerId) => highestOf(consumerId, ledger.producerId, group),
    sight,
    nowMs: input.nowMs,
  };
}

/** Called lost here, and met after all: by a consumer, or behind the dead-letter exchange. */
function withdrawnOf(receipts: Receipts): RangeSet {
  const met = union(receivedOf(receipts), deadOf(receipts.deaths));
  return difference(intersection(receipts.lost, met), receipts.withdrawn);
}

/** A consumer that forgot a lane comes back to it under its own id with a tilde and a number. */
function highestOf(consumerId: string, producerId: string, group: GroupRecord | undefined): number {
  let highest = group?.members.get(consumerId)?.highest.get(producerId) ?? 0;
  for (const [id, member] of group?.members ?? [])
    if (id.startsWith(`${consumerId}~`)) highest = Math.max(highest, member.highest.get(producerId) ?? 0);
  return highest;
}

const blank: StreamMemory = {
  number: 0,
  expectsAll: false,
  doubt: { kind: "none" },
  doubtTo: 0,
  stretches: [],
  diedTo: 0,
  cohorts: [],
  settledTo: 0,
  calmTo: undefined,
  expectsFrom: undefined,
};

/** A stream that the queue had nothing to do with until now: should it ever, what is on its way is in doubt. */
function unseen({ number }: LedgerReport): StreamMemory {
  return { ...blank, number, doubt: { kind: "lasting", cause: "not-provable" } };
}

/** What was stamped while the queue was seen bound, and nothing was in doubt, has to get there. */
function firstCertain({ doubt, doubtTo }: DoubtStep, { sight }: QueueContext): number | undefined {
  const isCertain = doubt.kind === "none" && doubtTo > 0;
  return isCertain && sight.reading?.bound === true ? doubtTo + 1 : undefined;
}

function lowestOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/** Without a ledger nobody says that what lies between two received sequences was ever sent. */
function judgeUnledgered(
  producerId: string,
  received: RangeSet,
  empty: StreamMemory,
  before: StreamMemory | undefined,
  context: QueueContext,
): StreamInQueue {
  const { input, queue } = context;
  const missing = difference(rangeOf(firstOf(received) ?? 1, lastOf(received) ?? 0), received);
  const openedAtMs = before?.number === 0 ? (before.cohorts[0]?.openedAtMs ?? input.nowMs) : input.nowMs;
  const cohort: Cohort = {
    sequences: missing,
    openedAtMs,
    above: Number.POSITIVE_INFINITY,
    aboveAtNumber: 0,
    notedAtMs: openedAtMs,
    isEmptied: false,
    passed: undefined,
  };
  const isShown = input.nowMs - openedAtMs >= input.policy.graceMs;
  const gap: Gap = {
    producerId,
    group: queue,
    sequences: missing,
    state: isShown ? "in-doubt" : "suspected",
    verdict: "store.missing",
    cause: isShown ? "no-ledger" : undefined,
    offsets: undefined,
    decidedBy: "No producer reports that it was sent.",
  };
  const cohorts = isEmpty(missing) ? [] : [cohort];
  const memory = { ...empty, cohorts };
  return { memory, gaps: isEmpty(missing) ? [] : [gap], proofs: [], withdrawn: emptyRanges, openFrom: undefined };
}
