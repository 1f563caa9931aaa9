import { sinceOf } from "./aged-ranges.ts";
import type { Gap } from "./finding.ts";
import type { JudgeInput, Judgement, Proof } from "./judge.ts";
import { contextOf, type GroupContext, type LaneContext } from "./kafka-context.ts";
import { disorderOf } from "./kafka-disorder.ts";
import { judgeGone } from "./kafka-gone.ts";
import { judgeGroup, openOf } from "./kafka-group.ts";
import type { KafkaMemory, StreamMemory } from "./kafka-memory.ts";
import { noStreamMemory } from "./kafka-memory.ts";
import { judgeStream } from "./kafka-stream.ts";
import { tooOldGaps } from "./kafka-too-old.ts";
import { steadyAfter } from "./kafka-unread.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { difference, intersection, isEmpty, type RangeSet, union, unionAll } from "./range-set.ts";
import type { LogRange } from "./reading.ts";
import type { AuditNotes } from "./store.ts";
import {
  noReceipts,
  noVerdicts,
  processedByAny,
  processedOf,
  type StreamFacts,
  settledTo,
  streamFactsOf,
} from "./stream-facts.ts";

export { type KafkaMemory, noKafkaMemory } from "./kafka-memory.ts";

/** Everything found out about one stream in a pass. */
interface StreamResult {
  readonly memory: StreamMemory;
  readonly gaps: readonly Gap[];
  readonly proofs: readonly Proof[];
  readonly wanted: readonly LogRange[];
  readonly seen: RangeSet;
  readonly facts: StreamFacts;
  /** How far the producer may forget where its messages lie; 0 = nothing new to say. */
  readonly settledTo: number;
  readonly asked: RangeSet;
}

import { joinWanted } from "./wanted-ranges.ts";

const maxAskedRanges = 64;
/** A producer with few chunks gains nothing from forgetting them. */
const chunksWorthSettling = 8;

/**
 * Judges a Kafka lane (DESIGN sections 2, 4, 5, 8). Two proofs of loss and no third: a group finished every place
 * where the message could be without it, or the broker shows that it is gone.
 */
export function judgeKafka(input: JudgeInput): Judgement {
  const context = contextOf(input);
  const results = [...input.snapshot.ledgers.values()].map((ledger) => judgeOne(context, ledger));
  return {
    memory: { ...input.memory, kafka: memoryAfter(context, results) },
    gaps: results.flatMap((result) => result.gaps),
    // In the pass that sees the log fall nothing is made final.
    proofs: context.eraRise === undefined ? results.flatMap((result) => result.proofs) : [],
    notes: notesOf(context, results),
    wanted: joinWanted(results.flatMap((result) => result.wanted)),
  };
}

function judgeOne(context: LaneContext, ledger: LedgerReport): StreamResult {
  const facts = streamFactsOf(context.input.snapshot, ledger, context.input.clients.get(ledger.clientId));
  const before = context.memory.streams.get(ledger.producerId) ?? noStreamMemory;
  const stream = judgeStream(context, facts, before);
  const receiptsOf = (group: GroupContext) => group.record.receipts.get(ledger.producerId) ?? noReceipts;
  const open = unionAll(context.groups.map((group) => openOf(facts, receiptsOf(group))));
  const gone = judgeGone(context, facts, stream.memory, open);
  const excluded = unionAll([stream.unlocated, gone.waiting, ...stream.proofs.map((proof) => proof.sequences)]);
  let memory = gone.memory;
  const gaps: Gap[] = [...stream.gaps, ...disorderOf(context.groups, ledger.producerId)];
  const proofs: Proof[] = [...stream.proofs, ...gone.proofs];
  const wanted: LogRange[] = [...stream.wanted];
  for (const group of context.groups) {
    const judged = judgeGroup(context, group, facts, memory, excluded);
    memory = judged.memory;
    gaps.push(...judged.gaps, ...tooOldGaps(facts, group, receiptsOf(group), excluded));
    proofs.push(...judged.proofs);
    wanted.push(...judged.wanted);
  }
  const settled =
    ledger.chunks.length + ledger.brackets.length > chunksWorthSettling ? settledTo(context.input.snapshot, facts) : 0;
  const asked = difference(askedOf(gaps, proofs), memory.asked);
  const { nowMs } = context.input;
  return {
    memory: { ...memory, settledTo: Math.max(settled, memory.settledTo), asked: union(memory.asked, asked) },
    gaps,
    proofs: proofs.map((proof) => dated(proof, memory, nowMs)),
    wanted,
    seen: stream.seen,
    facts,
    settledTo: settled > memory.settledTo ? settled : 0,
    asked,
  };
}

/** With the time since when all that proves it has stood. */
function dated(proof: Proof, memory: StreamMemory, nowMs: number): Proof {
  const sets = [memory.candidates.get(proof.group ?? ""), memory.absent, memory.displaced, memory.gone];
  const times = sets.flatMap((aged) => (aged === undefined ? [] : [sinceOf(aged, proof.sequences)]));
  return { ...proof, gap: { ...proof.gap, provenForMs: nowMs - Math.min(nowMs, ...times) } };
}

function memoryAfter(context: LaneContext, results: readonly StreamResult[]): KafkaMemory {
  const { reading, memory, input } = context;
  const ends = context.groups.map((group) => group.lastDone);
  for (const ledger of input.snapshot.ledgers.values()) {
    for (const chunk of ledger.chunks) if (chunk.era === context.era) ends.push(chunk.high);
  }
  const highestDone = Math.max(-1, ...context.groups.map((group) => group.lastDone));
  const streams = results
    .filter((result) => result.memory !== noStreamMemory)
    .map((result) => [result.facts.ledger.producerId, result.memory] as const);
  return {
    streams: new Map(streams),
    // A group that the store has lost may have worked all the same.
    groups: context.groupMemories,
    era: context.era,
    highestOffset: Math.max(-1, ...ends),
    highestDone,
    steady: steadyAfter(context, highestDone),
    logStart: reading?.logStart ?? memory.logStart,
    madeAgainIn: context.madeAgainIn,
    cleaning: context.cleaning,
  };
}

function notesOf(context: LaneContext, results: readonly StreamResult[]): AuditNotes {
  return {
    doubts: context.groups
      .filter((group) => group.memory.doubtTo > group.record.doubtTo)
      .map((group) => ({ group: group.name, to: group.memory.doubtTo })),
    streamDoubts: [],
    seen: results
      .map(({ facts, seen }) => ({
        producerId: facts.ledger.producerId,
        sequences: difference(seen, facts.verdicts.seen),
      }))
      .filter((note) => !isEmpty(note.sequences)),
    withdrawn: results.flatMap((result) => withdrawnOf(context, result.facts)),
    settled: results
      .map(({ facts, settledTo: to }) => ({ producerId: facts.ledger.producerId, to }))
      .filter((note) => note.to > 0),
    asked: results
      .map((result) => ({ producerId: result.facts.ledger.producerId, sequences: result.asked }))
      .filter((note) => !isEmpty(note.sequences)),
    eraRise: context.eraRise,
  };
}

/** Confirmed before, and processed all the same. */
function withdrawnOf(context: LaneContext, facts: StreamFacts): AuditNotes["withdrawn"] {
  const { producerId, assigned } = facts.ledger;
  const verdicts = context.input.snapshot.verdicts.get(producerId) ?? noVerdicts;
  const atStream = intersection(verdicts.lost, processedByAny(context.input.snapshot, facts.ledger));
  const notes = [
    { producerId, group: undefined as string | undefined, sequences: difference(atStream, verdicts.withdrawn) },
  ];
  for (const group of context.groups) {
    const receipts = group.record.receipts.get(producerId) ?? noReceipts;
    const again = intersection(receipts.lost, processedOf(receipts, assigned));
    notes.push({ producerId, group: group.name, sequences: difference(again, receipts.withdrawn) });
  }
  return notes.filter((note) => !isEmpty(note.sequences));
}

/** A person wants the application's own names of what is missing; its producer may still know them. */
function askedOf(gaps: readonly Gap[], proofs: readonly Proof[]): RangeSet {
  const missing = gaps.filter((gap) => gap.state !== "pending").map((gap) => gap.sequences);
  return unionAll([...missing, ...proofs.map((proof) => proof.sequences)]).slice(0, 2 * maxAskedRanges);
}
