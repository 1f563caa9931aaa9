import { type Cohort, maxCohorts, type Passing } from "./judge-rabbitmq-memory.ts";
import type { RabbitRules } from "./judge-rabbitmq-rules.ts";
import type { QueueSight } from "./judge-rabbitmq-watch.ts";
import { difference, intersection, isEmpty, lastOf, type RangeSet, union, unionAll } from "./range-set.ts";

/** What one pass knows of a stream in a queue. */
export interface CohortFacts {
  /** Promised and not settled. */
  readonly open: RangeSet;
  readonly assigned: number;
  /** The highest sequence of the stream that any consumer got as a first delivery. */
  readonly firstDelivered: number;
  /** The same of each consumer. */
  readonly highestOf: (consumerId: string) => number;
  readonly sight: QueueSight;
  readonly nowMs: number;
  readonly rules: RabbitRules;
}

/** Takes note of what is newly open, drops what is settled, and moves the rest one step on towards its proof. */
export function stepCohorts(previous: readonly Cohort[], facts: CohortFacts): readonly Cohort[] {
  const cohorts: Cohort[] = [];
  for (const cohort of previous) {
    const sequences = intersection(cohort.sequences, facts.open);
    if (!isEmpty(sequences)) cohorts.push(advance({ ...cohort, sequences }, facts));
  }
  const fresh = difference(facts.open, unionAll(previous.map((cohort) => cohort.sequences)));
  if (!isEmpty(fresh)) cohorts.push(advance(openCohort(fresh, facts), facts));
  return cohorts.length > maxCohorts ? mergeNeighbours(cohorts) : cohorts;
}

/**
 * Whether every consumer that could hold a message of the cohort unread has shown that it does not: it reported twice
 * more since its number was noted, and has itself been given something that lay behind, or was given nothing at all.
 */
export function isProven(cohort: Cohort, facts: CohortFacts): boolean {
  const { sight, rules } = facts;
  const numbers = cohort.passed?.numbers;
  if (numbers === undefined || sight.isHeld || sight.cause !== undefined) return false;
  for (const [consumerId, number] of numbers) {
    const look = sight.watch.consumers.get(consumerId);
    if (look === undefined || look.state === "dead") return false;
    if (rules.twoMoreReports && look.state === "open" && look.number < number + 2) return false;
    if (rules.drainedSockets && !isDrained(consumerId, cohort.above, facts)) return false;
  }
  return true;
}

function openCohort(sequences: RangeSet, facts: CohortFacts): Cohort {
  const above = facts.rules.notedFirst ? facts.assigned : (lastOf(sequences) ?? 0);
  return { sequences, openedAtMs: facts.nowMs, above, notedAtMs: facts.nowMs, passed: undefined };
}

function advance(cohort: Cohort, facts: CohortFacts): Cohort {
  if (wasGivenBack(cohort, facts))
    return { ...cohort, above: facts.assigned, notedAtMs: facts.nowMs, passed: undefined };
  if (cohort.passed === undefined)
    return hasPassed(cohort.above, cohort.notedAtMs, facts) ? { ...cohort, passed: openPassing(facts) } : cohort;
  return { ...cohort, passed: advancePassing(cohort.passed, facts) };
}

/** What a consumer held unread or unsettled is put back at the head of the queue when it ends: A begins anew. */
function wasGivenBack(cohort: Cohort, facts: CohortFacts): boolean {
  if (facts.sight.anyDied) return true;
  if (!facts.rules.requeueOnClose) return false;
  for (const consumerId of facts.sight.closed) if (!isDrained(consumerId, cohort.above, facts)) return true;
  return false;
}

function isDrained(consumerId: string, above: number, facts: CohortFacts): boolean {
  return facts.highestOf(consumerId) > above || facts.sight.watch.consumers.get(consumerId)?.isQuiet === true;
}

/** First in, first out: a later message was given out for the first time, or the queue was read as empty since. */
function hasPassed(above: number, notedAtMs: number, facts: CohortFacts): boolean {
  if (facts.firstDelivered > above) return true;
  const { reading } = facts.sight;
  if (reading?.ready !== 0 || reading.unacked !== 0) return false;
  return !facts.rules.youngCounts || reading.beganAtMs >= notedAtMs + reading.statisticsLagMs + slackMs;
}

/** Statistics may be older than the lag that the broker states by the time that they take to be written. */
const slackMs = 1_000;

function openPassing(facts: CohortFacts): Passing {
  const holders = new Set<string>();
  for (const [consumerId, look] of facts.sight.watch.consumers) if (look.state === "open") holders.add(consumerId);
  return { atMs: facts.nowMs, holders, aboveThen: facts.assigned, isTwice: false, numbers: undefined };
}

function advancePassing(passing: Passing, facts: CohortFacts): Passing {
  const isTwice = passing.isTwice || hasPassed(passing.aboveThen, passing.atMs, facts);
  const numbers = passing.numbers ?? (mayNoteNumbers(passing, facts) ? numbersOf(facts.sight) : undefined);
  return isTwice === passing.isTwice && numbers === passing.numbers ? passing : { ...passing, isTwice, numbers };
}

/** A message that a foreign `get` took before the queue passed shows in the counters only when their lag is over. */
function mayNoteNumbers(passing: Passing, facts: CohortFacts): boolean {
  const { sight } = facts;
  if (sight.isHeld || sight.cause !== undefined || sight.reading === undefined) return false;
  if (!facts.rules.getCounters) return true;
  const { getCount, beganAtMs, statisticsLagMs } = sight.reading;
  return getCount !== undefined && beganAtMs >= passing.atMs + statisticsLagMs + slackMs;
}

function numbersOf(sight: QueueSight): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const [consumerId, look] of sight.watch.consumers)
    if (look.state === "open") numbers.set(consumerId, look.number);
  return numbers;
}

/** Halves the list. What is merged waits for the later of both, so nothing is proven too early. */
function mergeNeighbours(cohorts: readonly Cohort[]): readonly Cohort[] {
  const merged: Cohort[] = [];
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
    notedAtMs: Math.max(a.notedAtMs, b.notedAtMs),
    passed: a.passed === undefined || b.passed === undefined ? undefined : mergePassings(a.passed, b.passed),
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
