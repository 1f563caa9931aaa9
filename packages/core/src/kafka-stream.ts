import { carryOver, membersOf, standingSince } from "./aged-ranges.ts";
import type { Gap } from "./finding.ts";
import type { Proof } from "./judge.ts";
import type { LaneContext } from "./kafka-context.ts";
import { answerOf, hasOtherEpoch, readableOf } from "./kafka-log.ts";
import type { StreamMemory } from "./kafka-memory.ts";
import { type Place, placesOf } from "./kafka-places.ts";
import {
  covers,
  difference,
  eachMember,
  intersection,
  isEmpty,
  overlaps,
  type RangeSet,
  rangeOf,
  unionAll,
} from "./range-set.ts";
import type { LoggedStamp, LogRange } from "./reading.ts";
import { processedByAny, type StreamFacts } from "./stream-facts.ts";

/** What a pass found out about one stream, before any group is asked. */
export interface StreamJudgement {
  readonly memory: StreamMemory;
  readonly gaps: readonly Gap[];
  readonly proofs: readonly Proof[];
  readonly wanted: readonly LogRange[];
  readonly seen: RangeSet;
  /** Omitted and not yet shown by the log: the stream's own affair, no group is asked about them. */
  readonly unlocated: RangeSet;
}

const maxLookups = 10_000;

/** Judges what was promised without an offset, by the log and by what any group finished. */
export function judgeStream(context: LaneContext, facts: StreamFacts, before: StreamMemory): StreamJudgement {
  const { ledger } = facts;
  const anywhere = unionAll([processedByAny(context.input.snapshot, ledger), facts.verdicts.lost]);
  const unplaced = difference(
    unionAll([ledger.omitted, facts.unknown, ledger.told]),
    unionAll([ledger.acked, anywhere]),
  );
  const known = carryOver(before.unplaced, unplaced, context.input.nowMs);
  const ends = endsOf(context, before, standingSince(known, context.reading?.beganAtMs ?? Number.NEGATIVE_INFINITY));
  const located = locate(context, facts, unplaced, before);
  const memory: StreamMemory = { ...before, unplaced: known, ends, located };

  const seen = rangesOfKeys(located, unplaced);
  const missing = difference(unplaced, seen);
  const { places } = placesOf(ledger, missing, memory);
  const absent = absentOf(
    context,
    places,
    standingSince(known, context.reading?.beganAtMs ?? Number.NEGATIVE_INFINITY),
  );
  const carried = carryAbsent(context, before, absent);
  const omitted = intersection(missing, ledger.omitted);
  const proven = intersection(standingSince(carried, context.input.nowMs - context.input.policy.graceMs), omitted);
  const byGroup = intersection(finishedWithout(context, facts, places), omitted);
  const judged: StreamMemory = {
    ...memory,
    absent: carried,
    absentLeader: context.reading?.leader ?? before.absentLeader,
    candidates: new Map(memory.candidates).set(
      "",
      carryOver(memory.candidates.get("") ?? [], byGroup, context.input.nowMs),
    ),
  };
  const ripe = intersection(
    standingSince(judged.candidates.get("") ?? [], context.input.nowMs - context.input.policy.graceMs),
    byGroup,
  );
  const lost = unionAll([proven, ripe]);
  return {
    memory: judged,
    gaps: [
      ...notSentGaps(facts, anywhere, seen),
      ...suspectedGaps(context, facts, difference(omitted, lost), known, places),
    ],
    proofs: proofsOf(context, facts, lost, proven, places),
    wanted: wantedOf(context, places),
    seen,
    unlocated: unionAll([missing, facts.unknown]),
  };
}

/** The leader's own log end, read after the sequences were known, bounds what no later send has bounded. */
function endsOf(context: LaneContext, before: StreamMemory, knownBefore: RangeSet): StreamMemory["ends"] {
  const { reading, input } = context;
  const kept =
    context.eraRise === undefined ? before.ends.filter((end) => overlaps(knownBefore, end.first, end.last)) : [];
  if (reading === undefined) return kept;
  const bounded = unionAll(kept.map((end) => rangeOf(end.first, end.last)));
  const fresh = difference(knownBefore, bounded);
  if (isEmpty(fresh)) return kept;
  const old = standingSince(before.unplaced, input.nowMs - input.policy.highWatermarkMs);
  const upToOffset = reading.logEnd ?? reading.highWatermark;
  const trusted = reading.logEnd === undefined ? intersection(fresh, old) : fresh;
  const added = [];
  for (let at = 0; at + 1 < trusted.length; at += 2) {
    added.push({ first: trusted[at] ?? 0, last: trusted[at + 1] ?? 0, upTo: upToOffset - 1 });
  }
  return [...kept, ...added].slice(-1_024);
}

/** Looks the sequences up in what was read; earlier sightings stay while the sequence is of interest. */
function locate(
  context: LaneContext,
  facts: StreamFacts,
  unplaced: RangeSet,
  before: StreamMemory,
): ReadonlyMap<number, LoggedStamp> {
  if (context.eraRise !== undefined) return new Map();
  const of = unionAll([unplaced, ...[...before.candidates.values()].map(membersOf)]);
  const located = new Map<number, LoggedStamp>();
  for (const sequence of eachMember(of, maxLookups)) {
    const stamp = context.view.find(facts.ledger.producerId, sequence) ?? before.located.get(sequence);
    if (stamp !== undefined) located.set(sequence, stamp);
  }
  return located;
}

/** Known before this reading, and absent in all of their interval. */
function absentOf(context: LaneContext, places: readonly Place[], knownBefore: RangeSet): RangeSet {
  const absent = places.filter((place) => {
    if (place.era !== context.era || context.eraRise !== undefined || place.located) return false;
    if (!covers(knownBefore, place.first, place.last)) return false;
    // What the log start has passed cannot be read any more, and somebody may have worked it before.
    return answerOf(context.view, context.reading, place) === "absent";
  });
  return unionAll(absent.map((place) => rangeOf(place.first, place.last)));
}

/** Two readings by the same leader; a pass without a reading neither adds nor forgets. */
function carryAbsent(context: LaneContext, before: StreamMemory, absent: RangeSet): StreamMemory["absent"] {
  if (context.reading === undefined) return before.absent;
  const sameLeader = context.reading.leader === before.absentLeader;
  return carryOver(sameLeader ? before.absent : [], absent, context.input.nowMs);
}

/** The other proof: a group finished every offset of the interval by handling it, and it was not there. */
function finishedWithout(context: LaneContext, facts: StreamFacts, places: readonly Place[]): RangeSet {
  const { reading } = context;
  if (context.compacted !== false || context.eraRise !== undefined || reading === undefined) return [];
  const proven = places.filter(
    (place) =>
      place.era === context.era &&
      Number.isFinite(place.high) &&
      // Below the log start the epochs cannot be compared any more.
      place.low >= reading.logStart &&
      covers(context.view.covered, place.low, place.high) &&
      // Without the leader's own view a message could still be appended; a bracket of the producer closes that.
      context.groups.some(
        (group) =>
          group.isProvable &&
          place.last < (group.record.receipts.get(facts.ledger.producerId)?.ceiling ?? Number.POSITIVE_INFINITY) &&
          place.first >= (group.record.receipts.get(facts.ledger.producerId)?.floor ?? 0) &&
          covers(group.handled, place.low, place.high) &&
          !hasOtherEpoch(context.view, group.epochs, place) &&
          !overlaps(group.forbidden, place.low, place.high),
      ),
  );
  return unionAll(proven.map((place) => rangeOf(place.first, place.last)));
}

function rangesOfKeys(located: ReadonlyMap<number, LoggedStamp>, within: RangeSet): RangeSet {
  return intersection(unionAll([...located.keys()].map((sequence) => rangeOf(sequence, sequence))), within);
}

/** Void and uncertain messages are never lost; they are counted apart, for applications swallow rejections. */
function notSentGaps(facts: StreamFacts, anywhere: RangeSet, seen: RangeSet): readonly Gap[] {
  const { ledger } = facts;
  // What went out again without a stamp was sent: it is not audited, and counted as that.
  const runs = ledger.voided.filter((run) => run.reason !== "unstamped");
  const gaps: Gap[] = runs.map((run): Gap => {
    const isAborted = run.reason === "aborted";
    return {
      producerId: ledger.producerId,
      group: undefined,
      sequences: difference(run.sequences, unionAll([ledger.acked, anywhere])),
      state: isAborted ? "explained" : "not-sent",
      verdict: isAborted ? "store.aborted" : run.reason === "nacked" ? "produce.nacked" : "produce.rejected",
      cause: undefined,
      offsets: undefined,
      decidedBy: `The producer was told that it was not stored (${run.reason}).`,
    };
  });
  gaps.push({
    producerId: ledger.producerId,
    group: undefined,
    sequences: difference(facts.unknown, unionAll([anywhere, seen])),
    state: "not-sent",
    verdict: "produce.uncertain",
    cause: "outcome-unknown",
    offsets: undefined,
    decidedBy: "The send was rejected or never answered, and nothing shows that it was stored.",
  });
  return gaps.filter((gap) => !isEmpty(gap.sequences));
}

function suspectedGaps(
  context: LaneContext,
  facts: StreamFacts,
  sequences: RangeSet,
  known: StreamMemory["unplaced"],
  places: readonly Place[],
): readonly Gap[] {
  if (isEmpty(sequences)) return [];
  const { nowMs, policy } = context.input;
  const hopeless = intersection(sequences, standingSince(known, nowMs - policy.unreadableMs));
  const obscured = difference(
    intersection(obscuredOf(context, places), standingSince(known, nowMs - policy.graceMs)),
    hopeless,
  );
  const suspected = difference(sequences, unionAll([hopeless, obscured]));
  const base = { producerId: facts.ledger.producerId, group: undefined, verdict: "produce.ack-missing" as const };
  const gaps: Gap[] = [
    {
      ...base,
      sequences: suspected,
      state: "suspected",
      cause: undefined,
      offsets: hullOf(places, suspected),
      decidedBy: "The answer to a resolved send left the partition out.",
    },
    {
      ...base,
      sequences: intersection(sequences, obscured),
      state: "in-doubt",
      cause: "unstamped-in-range",
      offsets: hullOf(places, obscured),
      decidedBy: "Messages without a stamp lie where it can be, and one of them may be it.",
    },
    {
      ...base,
      sequences: hopeless,
      state: "in-doubt",
      cause: "log-not-readable",
      offsets: hullOf(places, hopeless),
      decidedBy: "The answer left the partition out, and nobody could read the log to see whether it was stored.",
    },
  ];
  return gaps.filter((gap) => !isEmpty(gap.sequences));
}

/** Read as far as they can lie, and only the stamps of others' messages are missing there: no later reading says more. */
function obscuredOf(context: LaneContext, places: readonly Place[]): RangeSet {
  const obscured = places.filter(
    (place) =>
      place.era === context.era &&
      !place.located &&
      answerOf(context.view, context.reading, place) === "unstamped-there",
  );
  return unionAll(obscured.map((place) => rangeOf(place.first, place.last)));
}

function proofsOf(
  context: LaneContext,
  facts: StreamFacts,
  lost: RangeSet,
  byLog: RangeSet,
  places: readonly Place[],
): readonly Proof[] {
  const { producerId } = facts.ledger;
  return [lost]
    .filter((sequences) => !isEmpty(sequences))
    .map((sequences) => ({
      producerId,
      group: undefined,
      sequences,
      era: context.era,
      leftBehindFrom: undefined,
      gap: {
        producerId,
        group: undefined,
        sequences,
        state: "confirmed",
        verdict: "produce.ack-missing",
        cause: undefined,
        offsets: hullOf(places, sequences),
        decidedBy: isEmpty(difference(sequences, byLog))
          ? "The answer left the partition out, and the log was read twice wherever it could be: it is not there."
          : "The answer left the partition out, and a group finished every offset where it could be without it.",
      },
    }));
}

function wantedOf(context: LaneContext, places: readonly Place[]): readonly LogRange[] {
  const { reading } = context;
  if (reading === undefined) return [];
  return places.flatMap(
    (place) => readableOf(reading, place.low, Math.min(place.high, reading.lastStableOffset - 1)) ?? [],
  );
}

/** The interval that holds all of some sequences, for people. */
export function hullOf(places: readonly Place[], sequences: RangeSet): Gap["offsets"] {
  const touching = places.filter((place) => overlaps(sequences, place.first, place.last));
  if (touching.length === 0) return undefined;
  return {
    low: Math.min(...touching.map((place) => place.low)),
    high: Math.max(...touching.map((place) => place.high)),
  };
}
