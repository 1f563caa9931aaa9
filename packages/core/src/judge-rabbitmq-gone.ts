import type { CalmLook, ConsumerLook, Gone } from "./judge-rabbitmq-memory.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { above, difference, emptyRanges, intersection, isEmpty, type RangeSet } from "./range-set.ts";
import type { QueueLimits, QueueReading } from "./reading.ts";

/** A restart of its broker, or its end, since the queue was last seen in order. */
export interface Ending {
  readonly kind: "restarted" | "deleted";
  readonly isQueueGone: boolean;
  readonly calm: CalmLook;
  /** When the broker started again; undefined where it did not. */
  readonly startedAtMs?: number;
}

/**
 * Whether the broker of a queue has started again, or the queue is no longer there, since the last look at which nothing
 * was in doubt. What that took away was there until then, but for what consumers were given, and they will tell: so no
 * doubt that began later matters.
 */
export function findEnding(calm: CalmLook | undefined, reading: QueueReading | undefined): Ending | undefined {
  if (calm === undefined || reading === undefined || calm.isSpoiled) return undefined;
  const isQueueGone = !reading.exists;
  if (isQueueGone && isLostWithNode(calm, reading)) return { kind: "deleted", isQueueGone, calm };
  if (reading.uptimeMs === undefined) return undefined;
  const startedAtMs = reading.beganAtMs - reading.uptimeMs;
  if (hasRestarted(calm, reading, startedAtMs)) {
    if (startedAtMs - calm.beganAtMs > maxOutageMs) return undefined;
    // Seen while nobody could tell how long the broker was up: it counts unless it came after the start.
    if ((calm.unclearAtMs ?? startedAtMs) < startedAtMs - reading.statisticsLagMs / 2) return undefined;
    return { kind: "restarted", isQueueGone, calm, startedAtMs };
  }
  if (!isQueueGone || calm.unclearAtMs !== undefined) return undefined;
  return reading.beganAtMs - calm.beganAtMs <= maxUnseenMs ? { kind: "deleted", isQueueGone, calm } : undefined;
}

/** Whether a queue whose node is away was looked at often enough for nobody to have read it before unseen. */
export function mayGoOn({ beganAtMs, awayAtMs }: CalmLook, nowMs: number): boolean {
  return nowMs - (awayAtMs ?? beganAtMs) <= maxUnseenMs;
}

/** Its node was away until now, and the others know the queue no longer: it was given up together with the node. */
function isLostWithNode(calm: CalmLook, { beganAtMs }: QueueReading): boolean {
  return calm.awayAtMs !== undefined && calm.unclearAtMs === undefined && mayGoOn(calm, beganAtMs);
}

/** What a look tells of consumers and broker. */
interface GoneSight {
  readonly watch: { readonly consumers: ReadonlyMap<string, ConsumerLook> };
  readonly reading: QueueReading | undefined;
}

/** What of these went with a restart, or with the queue; each part by what took it. */
export function goneWith(
  ending: Ending,
  sequences: RangeSet,
  ledger: LedgerReport,
): readonly { readonly kind: Gone["kind"]; readonly sequences: RangeSet }[] {
  const known = difference(sequences, maybeDeadIn(ending.calm.limits, sequences, ledger));
  const forgotten = ending.kind === "restarted" ? forgottenAtRestart(ending.calm.limits, known, ledger) : emptyRanges;
  const rest = ending.isQueueGone ? difference(known, forgotten) : emptyRanges;
  const parts = [
    { kind: "restarted", sequences: forgotten },
    { kind: "deleted", sequences: rest },
  ] as const;
  return parts.filter((part) => !isEmpty(part.sequences));
}

/** What nobody received and may have gone to a dead-letter exchange. Rejected ones were received. */
export function maybeDeadIn(limits: QueueLimits, sequences: RangeSet, ledger: LedgerReport): RangeSet {
  if (!limits.deadLetters) return emptyRanges;
  if (limits.ttlMs !== undefined || limits.dropsHead) return sequences;
  return intersection(sequences, ledger.lifetimes?.expiring ?? emptyRanges);
}

/**
 * What lay in the queue and above the doubts of the calm look: noted before that look. Behind the default exchange that is
 * all that was confirmed and not returned, for it reaches no other queue, and what is not there takes nothing.
 */
export function eligibleFor(
  ending: Ending,
  cohort: { readonly sequences: RangeSet; readonly notedAtMs: number },
  stream: { readonly calmTo: number | undefined; readonly reachesOnlyThis: boolean },
): RangeSet {
  if (stream.calmTo === undefined) return emptyRanges;
  const wasNoted = cohort.notedAtMs <= ending.calm.beganAtMs;
  return wasNoted || (ending.isQueueGone && stream.reachesOnlyThis)
    ? above(cohort.sequences, stream.calmTo)
    : emptyRanges;
}

/**
 * Carries the case on. Whoever consumed then has to say goodbye: it told all that it had read. Of the others nobody
 * knows whether they came before or after; two more reports show that they live. undefined = one of them died, or what
 * seemed gone was only away, or what seemed a start was an old answer.
 */
export function carryGone(gone: Gone, { watch: { consumers }, reading }: GoneSight): Gone | undefined {
  const isRefuted = gone.kind === "deleted" ? isThereAgain(gone, reading) : wasUpBefore(gone, reading);
  if (isRefuted) return undefined;
  const numbers = new Map(gone.numbers);
  for (const [consumerId, look] of consumers) {
    const isInvolved = gone.holders.has(consumerId) || numbers.has(consumerId);
    if (isInvolved && (look.state === "dead" || look.state === "off")) return undefined;
    if (look.state === "open" && !isInvolved) numbers.set(consumerId, look.number);
  }
  return numbers.size === gone.numbers.size ? gone : { ...gone, numbers };
}

export function isGoneProven(gone: Gone, { watch: { consumers }, reading }: GoneSight, nowMs: number): boolean {
  // A queue whose broker is on its way down or up may look deleted for a moment.
  if (gone.kind === "deleted" && (reading?.exists !== false || nowMs - gone.sinceMs < maxAwayMs)) return false;
  // The node told its age anew since, and still as that of a life which began after the calm look.
  if (gone.kind === "restarted" && (reading?.uptimeMs ?? 0) <= gone.uptimeMs) return false;
  for (const consumerId of gone.holders) if (consumers.get(consumerId)?.state !== "closed") return false;
  for (const [consumerId, number] of gone.numbers) {
    const look = consumers.get(consumerId);
    if (look === undefined || look.state === "dead") return false;
    if (look.state !== "closed" && look.number < number + 2) return false;
  }
  return true;
}

function isThereAgain({ uptimeMs }: Gone, reading: QueueReading | undefined): boolean {
  return reading?.exists === true || (reading?.uptimeMs ?? uptimeMs) < uptimeMs;
}

function wasUpBefore({ calmAtMs }: Gone, reading: QueueReading | undefined): boolean {
  return reading?.uptimeMs !== undefined && reading.beganAtMs - reading.uptimeMs <= calmAtMs;
}

function forgottenAtRestart({ atRestart }: QueueLimits, sequences: RangeSet, ledger: LedgerReport): RangeSet {
  if (atRestart === "none") return sequences;
  if (atRestart !== "persistent") return emptyRanges;
  return intersection(sequences, ledger.lifetimes?.transient ?? emptyRanges);
}

/**
 * What a node said of its age is repeated until it says more, and each management node keeps an answer of its own: an age
 * may fall within one life, and the start that is read off it is too late by as much as the answer is old, never too
 * early. So a start that is not later than the calm look was before it; and within one life two looks tell starts
 * that are no further apart than statistics lag.
 */
function hasRestarted(calm: CalmLook, { statisticsLagMs }: QueueReading, startedAtMs: number): boolean {
  const sameLifeToMs = calm.beganAtMs - calm.uptimeMs + statisticsLagMs + slackMs;
  return startedAtMs > Math.max(calm.beganAtMs, sameLifeToMs);
}

/** Longer without a look, and a reader that nobody audits may have come and gone unseen. */
const maxOutageMs = 30_000;
const maxUnseenMs = 10_000;
const maxAwayMs = 3_000;
const slackMs = 1_000;
