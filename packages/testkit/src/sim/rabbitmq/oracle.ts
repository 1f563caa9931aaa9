import { contains, countOf, eachMember, type LedgerReport, laneKeyOf } from "@seqwatch/core";
import type { SimAuditor } from "./auditor.ts";
import { makesDoubt } from "./faults.ts";
import { fate, isLost, type SimMessage } from "./truth.ts";
import type { World } from "./world.ts";

export interface Comparison {
  readonly lost: number;
  readonly confirmed: number;
  readonly falseLosses: number;
  readonly missedLosses: number;
  readonly wrongVerdicts: number;
  readonly withdrawn: number;
  /** Promised, really lost, and honestly not confirmed. */
  readonly inDoubt: number;
  readonly inDoubtByCause: Readonly<Record<string, number>>;
  /** In doubt by the auditor's word, and nothing is lost. */
  readonly doubtedThoughFine: number;
  readonly confirmedByVerdict: Readonly<Record<string, number>>;
  /** One line for each difference. */
  readonly differences: readonly string[];
}

/** Compares what the auditor made final with what truly happened, once everything has come to rest. */
export function compare(world: World, auditor: SimAuditor): Comparison {
  const truth = readTruth(world);
  const differences: string[] = [];
  let confirmed = 0;
  let falseLosses = 0;
  let wrongVerdicts = 0;
  const found = new Set<string>();
  const confirmedByVerdict: Record<string, number> = {};
  for (const { gap, atMs } of auditor.confirmed) {
    for (const sequence of eachMember(gap.sequences, Number.POSITIVE_INFINITY)) {
      const message = truth.messages.get(keyOf(gap.producerId, sequence));
      const verdict = message === undefined ? "false" : judgeFinding(gap.group, gap.verdict, message, truth);
      confirmed += 1;
      confirmedByVerdict[gap.verdict] = (confirmedByVerdict[gap.verdict] ?? 0) + 1;
      found.add(`${gap.group ?? ""} ${keyOf(gap.producerId, sequence)}`);
      if (verdict === "false") falseLosses += 1;
      if (verdict === "wrong") wrongVerdicts += 1;
      if (verdict !== "right")
        differences.push(
          `${verdict} ${gap.group} ${gap.producerId} ${sequence} ${describe(gap.group, message)} at ${atMs}`,
        );
    }
  }
  const missed = makesDoubt(world.faults) ? [] : findMissed(world, auditor, truth, found);
  differences.push(...missed);
  return {
    lost: countLost(world, truth),
    confirmed,
    falseLosses,
    missedLosses: missed.length,
    wrongVerdicts,
    withdrawn: auditor.withdrawnCount,
    ...countDoubts(world, auditor, truth, found),
    confirmedByVerdict,
    differences,
  };
}

interface Truth {
  readonly messages: ReadonlyMap<string, SimMessage>;
  /** What still lies in a queue, or is held by somebody without an answer. */
  readonly contents: ReadonlyMap<string, ReadonlySet<SimMessage>>;
  readonly ttlMs: number;
}

function readTruth(world: World): Truth {
  const messages = new Map<string, SimMessage>();
  for (const message of world.messages) messages.set(keyOf(message.producerId, message.sequence), message);
  const contents = new Map([...world.queues].map(([name, queue]) => [name, new Set(queue.contents())]));
  return { messages, contents, ttlMs: world.faults.ttlMs };
}

/** A producer's streams share its id; the simulation gives each stream an id of its own, so no lane is needed here. */
function keyOf(producerId: string, sequence: number): string {
  return `${producerId} ${sequence}`;
}

function judgeFinding(
  group: string | undefined,
  verdict: string,
  message: SimMessage,
  truth: Truth,
): "right" | "wrong" | "false" {
  if (group === undefined) {
    const isGone = [...message.fates.keys()].every((queue) => isLost(message, queue, isThere(message, queue, truth)));
    return message.returnedCount === 0 || !isGone ? "false" : verdict === "produce.unroutable" ? "right" : "wrong";
  }
  if (!isLost(message, group, isThere(message, group, truth))) return "false";
  const bits = message.fates.get(group) ?? 0;
  return (bits & fate.dropped) !== 0 && (bits & fate.read) === 0 && isTrue(verdict, bits, message, truth)
    ? "right"
    : "wrong";
}

/**
 * "Dropped" is true of every cause. What was taken from a queue with a time-to-live looks as if that had been over, and
 * what went unseen just before a restart as if that had taken it.
 */
function isTrue(verdict: string, bits: number, message: SimMessage, { ttlMs }: Truth): boolean {
  const { expiresAfterMs, isTransient } = message;
  if (verdict === "store.restarted") return isTransient && (bits & fate.expired) === 0;
  if (verdict === "store.expired")
    return (bits & fate.forgotten) === 0 && (ttlMs > 0 || Number.isFinite(expiresAfterMs));
  return verdict === "store.dropped";
}

function isThere(message: SimMessage, queue: string, truth: Truth): boolean {
  return truth.contents.get(queue)?.has(message) ?? false;
}

function countLost(world: World, truth: Truth): number {
  let lost = 0;
  for (const message of world.messages)
    for (const queue of message.fates.keys()) if (isLost(message, queue, isThere(message, queue, truth))) lost += 1;
  return lost;
}

/** Promised, dropped by the queue, read by nobody, sent when the stream was known: it has to be confirmed. */
function findMissed(world: World, auditor: SimAuditor, truth: Truth, found: ReadonlySet<string>): readonly string[] {
  const missed: string[] = [];
  const ledgers = new Map<string, LedgerReport>();
  for (const lane of world.lanes)
    for (const [producerId, ledger] of world.store.readLane(lane).ledgers) ledgers.set(producerId, ledger);
  for (const message of world.messages) {
    const ledger = ledgers.get(message.producerId);
    if (message.sequence <= (world.entered.get(message.producerId) ?? Number.POSITIVE_INFINITY)) continue;
    if (ledger === undefined || !contains(ledger.acked, message.sequence)) continue;
    for (const [queue, bits] of message.fates) {
      if ((bits & fate.dropped) === 0 || (bits & fate.read) !== 0) continue;
      if (!isLost(message, queue, isThere(message, queue, truth))) continue;
      if (!found.has(`${queue} ${keyOf(message.producerId, message.sequence)}`))
        missed.push(
          `missed ${queue} ${message.producerId} ${message.sequence} ${describe(queue, message)}, ${stateOf(auditor, queue, message)}`,
        );
    }
  }
  return missed;
}

function stateOf(auditor: SimAuditor, queue: string, { lane, producerId, sequence }: SimMessage): string {
  for (const gap of auditor.gaps.get(laneKeyOf(lane)) ?? [])
    if (gap.group === queue && gap.producerId === producerId && contains(gap.sequences, sequence))
      return gap.state === "in-doubt" ? (gap.cause ?? gap.state) : gap.state;
  return "unmentioned";
}

function countDoubts(
  world: World,
  auditor: SimAuditor,
  truth: Truth,
  found: ReadonlySet<string>,
): Pick<Comparison, "inDoubt" | "inDoubtByCause" | "doubtedThoughFine"> {
  const inDoubtByCause: Record<string, number> = {};
  let inDoubt = 0;
  for (const message of world.messages) {
    if (!message.isPromised || found.has(` ${keyOf(message.producerId, message.sequence)}`)) continue;
    for (const queue of message.fates.keys()) {
      if (!isLost(message, queue, isThere(message, queue, truth))) continue;
      if (found.has(`${queue} ${keyOf(message.producerId, message.sequence)}`)) continue;
      const cause = stateOf(auditor, queue, message);
      // A consumer that acknowledges nothing still has it in hand: it is worked, only not yet.
      const isInHand = cause === "unmentioned" && ((message.fates.get(queue) ?? 0) & fate.read) !== 0;
      if (isInHand) continue;
      inDoubt += 1;
      inDoubtByCause[cause] = (inDoubtByCause[cause] ?? 0) + 1;
    }
  }
  let doubted = 0;
  for (const gaps of auditor.gaps.values())
    for (const gap of gaps) if (gap.state === "in-doubt") doubted += countOf(gap.sequences);
  return { inDoubt, inDoubtByCause, doubtedThoughFine: Math.max(0, doubted - inDoubt) };
}

function describe(group: string | undefined, message: SimMessage | undefined): string {
  if (message === undefined) return "(never sent)";
  const lane = laneKeyOf(message.lane).split("/").at(-1);
  const bits = message.fates.get(group ?? "") ?? 0;
  const names = Object.entries(fate).filter(([, bit]) => (bits & bit) !== 0);
  return `${lane} sent ${message.sentAtMs.toFixed(1)} ${names.map(([name]) => name).join("+")}`;
}
