import { carryGone, eligibleFor, goneWith, isGoneProven } from "./judge-rabbitmq-gone.ts";
import { type Cohort, type ConsumerLook, maxCohorts, type Passing } from "./judge-rabbitmq-memory.ts";
import type { QueueSight } from "./judge-rabbitmq-watch.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { difference, intersection, isEmpty, type RangeSet, union, unionAll } from "./range-set.ts";

/** What one pass knows of a stream in a queue. */
export interface CohortFacts {
  /** Promised and not settled. */
  readonly open: RangeSet;
  readonly assigned: number;
  readonly ledgerNumber: number;
  readonly ledger: LedgerReport;
  /** `doubtTo` at the queue's last calm look. */
  readonly calmTo: number | undefined;
  /** The lane leads to this queue or nowhere: what was not returned got here. */
  readonly reachesOnlyThis: boolean;
  /** The highest sequence of the stream that any consumer got as a first delivery. */
  readonly firstDelivered: number;
  /** The same of each consumer. */
  readonly highestOf: (consumerId: string) => number;
  readonly sight: QueueSight;
  readonly nowMs: number;
}

/** Takes note of what is newly open, drops what is settled, and moves the rest one step on towards its proof. */
export function stepCohorts(previous: readonly Cohort[], facts: CohortFacts): readonly Cohort[] {
  const cohorts: Cohort[] = [];
  for (const cohort of previous) {
    const sequences = intersection(cohort.sequences, facts.open);
    if (!isEmpty(sequences)) cohorts.push(...advanceParts({ ...cohort, sequences }, facts));
  }
  const fresh = difference(facts.open, unionAll(previous.map((cohort) => cohort.sequences)));
  if (!isEmpty(fresh)) cohorts.push(...advanceParts(openCohort(fresh, facts), facts));
  return cohorts.length > maxCohorts ? mergeNeighbours(cohorts) : cohorts;
}

/**
 * Whether every consumer that could hold a message of the cohort unread has shown that it does not: it reported twice
 * more since its number was noted, and has itself been given something that lay behind, or was given nothing at all.
 */
export function isProven(cohort: Cohort, facts: CohortFacts): boolean {
  const { sight } = facts;
  if (cohort.gone !== undefined) return isGoneProven(cohort.gone, sight, facts.nowMs);
  const numbers = cohort.passed?.numbers;
  if (numbers === undefined || sight.isHeld || sight.cause !== undefined) return false;
  for (const [consumerId, number] of numbers) {
    const look = sight.watch.consumers.get(consumerId);
    if (look === undefined || look.state === "dead") return false;
    // It told everything that it had read before it closed, and what it had not read was given back.
    if (look.state === "closed") continue;
    if (look.number < number + 2) return false;
    if (!isDrained(consumerId, look, cohort, facts)) return false;
  }
  return true;
}

/** The queue had nothing of it left to deliver, once at least: what became of it need not be what became of the queue. */
export function hasEverPassed({ passed, hadPassed, gone }: Cohort): boolean {
  return gone === undefined ? passed !== undefined || hadPassed === true : gone.hadPassed;
}

function openCohort(sequences: RangeSet, facts: CohortFacts): Cohort {
  return {
    sequences,
    openedAtMs: facts.nowMs,
    above: facts.assigned,
    aboveAtNumber: 0,
    notedAtMs: facts.nowMs,
    isEmptied: false,
    passed: undefined,
  };
}

/** What a restart or the queue's end took is a case of its own from then on. */
function advanceParts(cohort: Cohort, facts: CohortFacts): readonly Cohort[] {
  const { ending } = facts.sight;
  if (cohort.gone !== undefined) {
    const carried = facts.sight.stateLost ? undefined : carryGone(cohort.gone, facts.sight);
    if (carried !== undefined) return [{ ...cohort, gone: carried }];
    const { gone: _, ...rest } = cohort;
    const { hadPassed } = cohort.gone;
    return advanceParts({ ...rest, passed: undefined, isEmptied: false, hadPassed }, facts);
  }
  if (ending === undefined) return [advance(cohort, facts)];
  const parts = goneWith(ending, eligibleFor(ending, cohort, facts), facts.ledger);
  const taken = unionAll(parts.map(({ sequences }) => sequences));
  const rest = difference(cohort.sequences, taken);
  const gone = parts.map(({ kind, sequences }): Cohort => {
    const { calm } = ending;
    const above = facts.calmTo ?? 0;
    // A broker that has started again tells its counts before it tells how long it is up: passed since then is no other cause.
    const isPassed = (cohort.passed?.atMs ?? Infinity) < (ending.startedAtMs ?? Infinity);
    const hadPassed = isPassed || cohort.hadPassed === true;
    const begun = { kind, sinceMs: facts.nowMs, hadPassed, above, holders: calm.consumers, limits: calm.limits };
    const uptimeMs = facts.sight.reading?.uptimeMs ?? 0;
    const since = { calmAtMs: calm.beganAtMs, uptimeMs, numbers: new Map<string, number>() };
    const carried = carryGone({ ...begun, ...since }, facts.sight);
    const passed = { ...cohort, sequences, passed: openPassing(facts) };
    return carried === undefined ? advance({ ...cohort, sequences }, facts) : { ...passed, gone: carried };
  });
  return isEmpty(rest) ? gone : [...gone, advance({ ...cohort, sequences: rest }, facts)];
}

function advance(cohort: Cohort, facts: CohortFacts): Cohort {
  if (wasGivenBack(cohort, facts)) return beginAnew(cohort, facts);
  const noted = noteAbove(cohort, facts);
  const seen = noted.isEmptied || !isEmptied(noted.notedAtMs, facts) ? noted : { ...noted, isEmptied: true };
  if (seen.passed !== undefined) return { ...seen, passed: advancePassing(seen.passed, facts) };
  // First in, first out: what was stamped after the note was enqueued after what was noted.
  const hasPassed = seen.isEmptied || facts.firstDelivered > seen.above;
  return hasPassed ? { ...seen, passed: openPassing(facts) } : seen;
}

/**
 * What the last report calls assigned is older than what was given back: something stamped since may have been given
 * out before that. The report after the next one was written after this look.
 */
function beginAnew(cohort: Cohort, facts: CohortFacts): Cohort {
  return {
    ...cohort,
    above: Number.POSITIVE_INFINITY,
    aboveAtNumber: facts.ledgerNumber + 2,
    notedAtMs: facts.nowMs,
    isEmptied: false,
    passed: undefined,
    hadPassed: cohort.passed !== undefined || cohort.hadPassed === true,
  };
}

function noteAbove(cohort: Cohort, facts: CohortFacts): Cohort {
  if (cohort.aboveAtNumber === 0 || facts.ledgerNumber < cohort.aboveAtNumber) return cohort;
  return { ...cohort, above: facts.assigned, aboveAtNumber: 0 };
}

/** What a consumer held unread or unsettled is put back at the head of the queue when it ends: A begins anew. */
function wasGivenBack(cohort: Cohort, facts: CohortFacts): boolean {
  if (facts.sight.anyDied) return true;
  if (cohort.isEmptied) return false;
  for (const consumerId of facts.sight.closed) if (facts.highestOf(consumerId) <= cohort.above) return true;
  return false;
}

/**
 * Nothing of the cohort is on its way to the consumer: it was given something that lay behind; or the broker holds
 * nothing that it handed out without an answer, and the consumer, which may be one that does not answer, is given nothing.
 */
function isDrained(consumerId: string, look: ConsumerLook, cohort: Cohort, facts: CohortFacts): boolean {
  return facts.highestOf(consumerId) > cohort.above || (cohort.isEmptied && look.isQuiet);
}

/**
 * Whether the queue holds nothing of what was noted. A busy broker's statistics may be older than they should be; what is
 * ready the declare counts as it is, so that they are believed for nothing but what is handed out. Where nobody can count,
 * they only make a doubt, later: nothing is confirmed there.
 */
function isEmptied(notedAtMs: number, facts: CohortFacts): boolean {
  const { reading } = facts.sight;
  if (reading?.ready !== 0 || reading.unacked !== 0) return false;
  if (reading.readyCount === undefined) return reading.beganAtMs >= notedAtMs + uncountedLags * reading.statisticsLagMs;
  if (reading.readyCount !== 0) return false;
  return reading.beganAtMs >= notedAtMs + reading.statisticsLagMs + slackMs;
}

function openPassing(facts: CohortFacts): Passing {
  const holders = new Set<string>();
  for (const [consumerId, look] of facts.sight.watch.consumers) if (look.state === "open") holders.add(consumerId);
  return { atMs: facts.nowMs, holders, aboveThen: facts.assigned, isTwice: false, numbers: undefined };
}

function advancePassing(passing: Passing, facts: CohortFacts): Passing {
  const isTwice = passing.isTwice || facts.firstDelivered > passing.aboveThen || isEmptied(passing.atMs, facts);
  const numbers = passing.numbers ?? (mayNoteNumbers(passing, facts) ? numbersOf(facts.sight) : undefined);
  return isTwice === passing.isTwice && numbers === passing.numbers ? passing : { ...passing, isTwice, numbers };
}

/** A message that a foreign `get` took before the queue passed shows in the counters only when their lag is over. */
function mayNoteNumbers(passing: Passing, facts: CohortFacts): boolean {
  const { sight } = facts;
  if (sight.isHeld || sight.cause !== undefined || sight.reading === undefined) return false;
  const { beganAtMs, statisticsLagMs } = sight.reading;
  return sight.areGetsSettled && beganAtMs >= passing.atMs + statisticsLagMs + slackMs;
}

function numbersOf(sight: QueueSight): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const [consumerId, look] of sight.watch.consumers)
    if (look.state === "open") numbers.set(consumerId, look.number);
  return numbers;
}

/** Halves the list. What is merged waits for the later of both, so nothing is proven too early. */
function mergeNeighbours(all: readonly Cohort[]): readonly Cohort[] {
  // A case of its own is never merged: it comes from one restart, and ends soon.
  const merged: Cohort[] = all.filter(({ gone }) => gone !== undefined);
  const cohorts = all.filter(({ gone }) => gone === undefined);
  for (let i = 0; i < cohorts.length; i += 2) {
    const [first, second] = cohorts.slice(i, i + 2);
    if (first !== undefined) merged.push(second === undefined ? first : mergeCohorts(first, second));
  }
  return merged;
}

function mergeCohorts(a: Cohort, b: Cohort): Cohort {
  return {
    sequences: union(a.sequences, b.sequences),
    openedAtMs: Math.min(a.openedAtMs, b.openedAtMs),
    above: Math.max(a.above, b.above),
    aboveAtNumber: Math.max(a.aboveAtNumber, b.aboveAtNumber),
    notedAtMs: Math.max(a.notedAtMs, b.notedAtMs),
    isEmptied: a.isEmptied && b.isEmptied,
    passed: a.passed === undefined || b.passed === undefined ? undefined : mergePassings(a.passed, b.passed),
    hadPassed: hasEverPassed(a) || hasEverPassed(b),
  };
}

function mergePassings(a: Passing, b: Passing): Passing {
  return {
    atMs: Math.max(a.atMs, b.atMs),
    holders: new Set([...a.holders, ...b.holders]),
    aboveThen: Math.max(a.aboveThen, b.aboveThen),
    isTwice: a.isTwice && b.isTwice,
    numbers: undefined,
  };
}

const uncountedLags = 4;

/** Statistics may be older than the lag that the broker states by the time that they take to be written. */
const slackMs = 1_000;
