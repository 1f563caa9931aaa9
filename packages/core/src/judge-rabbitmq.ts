import type { Gap } from "./finding.ts";
import type { JudgeInput, Judgement, Proof } from "./judge.ts";
import { noRabbitMemory, type QueueMemory, type RabbitMemory } from "./judge-rabbitmq-memory.ts";
import { judgeQueue, type QueueJudgement } from "./judge-rabbitmq-queue.ts";
import { describeNotSent, proveUnroutable, receivedAnywhere } from "./judge-rabbitmq-stream.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { difference, emptyRanges, intersection, isEmpty, type RangeSet, unionAll } from "./range-set.ts";
import type { AuditNotes } from "./store.ts";
import { noNotes } from "./store.ts";

export { noRabbitMemory, type RabbitMemory };

/**
 * Decides what is lost in one RabbitMQ lane. There are no offsets, so a loss has two parts: every queue that must have
 * got the message has passed it, and nobody is in doubt who could have taken it unheard. Whatever cannot be decided is
 * pending, suspected or in doubt.
 */
export function judgeRabbit(input: JudgeInput): Judgement {
  const before = input.memory.rabbit;
  const stateLost = input.storeDoubted || input.snapshot.version < before.version;
  const queues = new Map<string, QueueJudgement>();
  for (const queue of queuesOf(input, before))
    queues.set(queue, judgeQueue(queue, input, before.queues.get(queue), stateLost));
  const streams = judgeStreams(input);
  const found = [...queues.values()];
  const settled = settledBy(input, found, before);
  const rabbit: RabbitMemory = { version: input.snapshot.version, queues: rememberQueues(queues, settled) };
  const gaps = [...streams.gaps, ...found.flatMap((each) => each.gaps)];
  const proofs = [...streams.proofs, ...found.flatMap((each) => each.proofs)];
  const notes: AuditNotes = {
    ...noNotes,
    streamDoubts: found.flatMap((each) => each.doubts),
    withdrawn: [...streams.withdrawn, ...found.flatMap((each) => each.withdrawn)],
    settled: settled.filter(({ producerId, to }) => to > settledBefore(before, producerId)),
    asked: askedFor(input, gaps, proofs),
  };
  return { memory: { ...input.memory, rabbit }, gaps, proofs, notes, wanted: [] };
}

/** Those that reported, those that the broker shows, and those that did so before. */
function queuesOf(input: JudgeInput, before: RabbitMemory): ReadonlySet<string> {
  const read = input.reading?.kind === "rabbitmq" ? input.reading.queues.keys() : [];
  return new Set([...input.snapshot.groups.keys(), ...read, ...before.queues.keys()]);
}

function judgeStreams(input: JudgeInput): {
  readonly gaps: readonly Gap[];
  readonly proofs: readonly Proof[];
  readonly withdrawn: AuditNotes["withdrawn"];
} {
  const gaps: Gap[] = [];
  const proofs: Proof[] = [];
  const withdrawn: { producerId: string; group: undefined; sequences: RangeSet }[] = [];
  for (const [producerId, ledger] of input.snapshot.ledgers) {
    const received = receivedAnywhere(input.snapshot, producerId);
    gaps.push(...describeNotSent(ledger, received));
    proofs.push(...proveUnroutable(input.snapshot, ledger, received));
    const known = input.snapshot.verdicts.get(producerId);
    const back = difference(intersection(known?.lost ?? emptyRanges, received), known?.withdrawn ?? emptyRanges);
    if (!isEmpty(back)) withdrawn.push({ producerId, group: undefined, sequences: back });
  }
  return { gaps, proofs, withdrawn };
}

/** Up to where every queue that expects a stream has finished it. */
function settledBy(
  input: JudgeInput,
  found: readonly QueueJudgement[],
  before: RabbitMemory,
): readonly { readonly producerId: string; readonly to: number }[] {
  const settled: { producerId: string; to: number }[] = [];
  for (const producerId of input.snapshot.ledgers.keys()) {
    const openFrom = found.map((each) => each.openFrom.get(producerId)).filter((each) => each !== undefined);
    const to = Math.max(Math.min(...openFrom) - 1, settledBefore(before, producerId));
    if (openFrom.length > 0 && to > 0) settled.push({ producerId, to });
  }
  return settled;
}

function settledBefore(before: RabbitMemory, producerId: string): number {
  let to = 0;
  for (const queue of before.queues.values()) to = Math.max(to, queue.streams.get(producerId)?.settledTo ?? 0);
  return to;
}

function rememberQueues(
  queues: ReadonlyMap<string, QueueJudgement>,
  settled: readonly { readonly producerId: string; readonly to: number }[],
): ReadonlyMap<string, QueueMemory> {
  const settledTo = new Map(settled.map(({ producerId, to }) => [producerId, to]));
  const kept = new Map<string, QueueMemory>();
  for (const [queue, { memory }] of queues) {
    if (isForgettable(memory)) continue;
    const streams = new Map(
      [...memory.streams].map(([id, stream]) => [id, { ...stream, settledTo: settledTo.get(id) ?? stream.settledTo }]),
    );
    kept.set(queue, { watch: memory.watch, streams });
  }
  return kept;
}

/** A queue that has nothing to do with the lane, or that is gone and of which nothing is open any more. */
function isForgettable({ watch, streams }: QueueMemory): boolean {
  if (watch.bound === true) return false;
  return watch.isGone ? [...streams.values()].every(({ cohorts }) => cohorts.length === 0) : streams.size === 0;
}

/** A person asks which order it was: the producers are asked for what they call these messages. */
function askedFor(input: JudgeInput, gaps: readonly Gap[], proofs: readonly Proof[]): AuditNotes["asked"] {
  const wanted = new Map<string, RangeSet[]>();
  for (const gap of [...gaps, ...proofs.map((proof) => proof.gap)]) {
    if (gap.state === "pending" || gap.state === "explained") continue;
    const sets = wanted.get(gap.producerId) ?? [];
    sets.push(gap.sequences);
    wanted.set(gap.producerId, sets);
  }
  const asked: { producerId: string; sequences: RangeSet }[] = [];
  for (const [producerId, sets] of wanted) {
    const ledger: LedgerReport | undefined = input.snapshot.ledgers.get(producerId);
    if (ledger === undefined) continue;
    const named = unionAll(ledger.references.map(({ sequence }) => [sequence, sequence]));
    const sequences = difference(unionAll(sets), named).slice(-2 * maxAskedRanges);
    if (!isEmpty(sequences)) asked.push({ producerId, sequences });
  }
  return asked;
}

const maxAskedRanges = 64;
