import { carryOver, membersOf, standingSince } from "./aged-ranges.ts";
import type { Gap } from "./finding.ts";
import type { Proof } from "./judge.ts";
import { holeDoubtOf } from "./kafka-cleaning.ts";
import type { GroupContext, LaneContext } from "./kafka-context.ts";
import { answerOf, hasOtherEpoch, readableOf } from "./kafka-log.ts";
import type { StreamMemory } from "./kafka-memory.ts";
import { hullOf, type Place, placesOf } from "./kafka-places.ts";
import { gapsOf } from "./kafka-stream-gaps.ts";
import { isCertainUnread } from "./kafka-unread.ts";
import {
  contains,
  covers,
  difference,
  eachMember,
  intersection,
  isEmpty,
  lastOf,
  overlaps,
  type RangeSet,
  rangeOf,
  union,
  unionAll,
  upTo,
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
  const { nowMs, policy } = context.input;
  const met = processedByAny(context.input.snapshot, ledger);
  const anywhere = union(met, facts.verdicts.lost);
  const told = difference(ledger.told, facts.verdicts.seen);
  const unplaced = difference(
    unionAll([ledger.omitted, facts.unknown, told, facts.left]),
    unionAll([ledger.acked, anywhere]),
  );
  const known = carryOver(before.unplaced, unplaced, nowMs);
  const knownBefore = standingSince(known, context.reading?.beganAtMs ?? Number.NEGATIVE_INFINITY);
  const located = locate(context, facts, unplaced, before);
  const memory: StreamMemory = {
    ...before,
    unplaced: known,
    ends: endsOf(context, before, difference(knownBefore, facts.left)),
    located,
  };

  const seen = rangesOfKeys(located, unplaced);
  const missing = difference(unplaced, seen);
  const aborted = intersection(union(before.aborted, context.view.aborted.get(ledger.producerId) ?? []), missing);
  const { places } = placesOf(ledger, missing, memory);
  const absentNow = absentOf(context, places, knownBefore);
  const absent = carryAbsent(context, before, absentNow, intersection(unreadOf(context, places), missing));
  // Twice, and a grace apart: what this pass did not read waits for the one that reads it again.
  const proven = intersection(standingSince(absent, nowMs - policy.graceMs), absentNow);
  const omitted = intersection(missing, ledger.omitted);
  const byGroup = intersection(finishedWithout(context, facts, places), omitted);
  const candidates = carryOver(memory.candidates.get("") ?? [], byGroup, nowMs);
  const byLog = intersection(proven, omitted);
  const ackMissing = union(byLog, intersection(standingSince(candidates, nowMs - policy.graceMs), byGroup));
  const later = lastOf(unionAll([ledger.acked, met, facts.verdicts.seen, seen])) ?? 0;
  const overtaken = intersection(proven, upTo(told, later - 1));
  const lost = union(ackMissing, overtaken);
  return {
    memory: {
      ...memory,
      aborted,
      absent,
      absentLeader: context.reading?.leader ?? before.absentLeader,
      candidates: new Map(memory.candidates).set("", candidates),
    },
    gaps: gapsOf(context, facts, { anywhere, seen, aborted, lost, known, places }),
    proofs: [
      ...proofOf(context, facts, ackMissing, {
        verdict: "produce.ack-missing",
        decidedBy: decidedBy(context, isEmpty(difference(ackMissing, byLog))),
        offsets: hullOf(places, ackMissing),
      }),
      ...proofOf(context, facts, overtaken, {
        verdict: "store.missing",
        decidedBy: overtakenText,
        offsets: hullOf(places, overtaken),
      }),
    ],
    wanted: [...wantedOf(context, facts, places), ...wantedTail(context, facts, known, missing)],
    seen,
    unlocated: unionAll([missing, facts.unknown]),
  };
}

const overtakenText =
  "It was sent without asking for an answer (acks=0); the log holds later ones of its stream, and was read twice wherever it could be: it is not there.";

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
  // A doubt that rests on a record stays one in the passes that do not read that record again.
  const doubted = unionAll([...before.doubts.values()].map(membersOf));
  for (const [sequence, stamp] of before.located) if (contains(doubted, sequence)) located.set(sequence, stamp);
  return located;
}

/** Known before this reading, and absent in all of their interval. */
function absentOf(context: LaneContext, places: readonly Place[], knownBefore: RangeSet): RangeSet {
  const absent = places.filter((place) => {
    if (place.era !== context.era || context.eraRise !== undefined || place.located) return false;
    if (!covers(knownBefore, place.first, place.last)) return false;
    // A compacted log loses older records by design: only where it has no hole can it say that one was never there.
    if (holeDoubtOf(context, place) !== undefined) return false;
    // What the log start has passed cannot be read any more, and somebody may have worked it before.
    return answerOf(context.view, context.reading, place) === "absent";
  });
  return unionAll(absent.map((place) => rangeOf(place.first, place.last)));
}

/** What lies where this reading did not reach: one reading goes through so many records and no more. */
function unreadOf(context: LaneContext, places: readonly Place[]): RangeSet {
  if (context.eraRise !== undefined) return [];
  const unread = places.filter(
    (place) => place.era === context.era && answerOf(context.view, context.reading, place) === "not-read",
  );
  return unionAll(unread.map((place) => rangeOf(place.first, place.last)));
}

/** Two readings by the same leader; a reading that does not reach a place neither adds nor forgets. */
function carryAbsent(
  context: LaneContext,
  before: StreamMemory,
  absent: RangeSet,
  unread: RangeSet,
): StreamMemory["absent"] {
  if (context.reading === undefined) return before.absent;
  const known = context.reading.leader === before.absentLeader ? before.absent : [];
  return carryOver(known, union(absent, intersection(membersOf(known), unread)), context.input.nowMs);
}

/** The other proof: a group finished every offset of the interval by handling it, and it was not there. */
function finishedWithout(context: LaneContext, facts: StreamFacts, places: readonly Place[]): RangeSet {
  const { reading } = context;
  if (context.eraRise !== undefined || reading === undefined) return [];
  const proven = places.filter(
    (place) =>
      place.era === context.era &&
      Number.isFinite(place.high) &&
      holeDoubtOf(context, place) === undefined &&
      // Below the log start the epochs cannot be compared any more.
      place.low >= reading.logStart &&
      // Without the leader's own view a message could still be appended; a bracket of the producer closes that.
      context.groups.some(
        (group) =>
          group.isProvable &&
          place.last < (group.record.receipts.get(facts.ledger.producerId)?.ceiling ?? Number.POSITIVE_INFINITY) &&
          place.first >= (group.record.receipts.get(facts.ledger.producerId)?.floor ?? 0) &&
          covers(group.handled, place.low, place.high) &&
          isBorneOut(context, group, place),
      ),
  );
  return unionAll(proven.map((place) => rangeOf(place.first, place.last)));
}

/** The log shows that the offsets still mean what the group finished, or, where none is read, that they must. */
function isBorneOut(context: LaneContext, group: GroupContext, place: Place): boolean {
  if (!covers(context.view.covered, place.low, place.high)) return isCertainUnread(context, group, place);
  return !hasOtherEpoch(context.view, group.epochs, place) && !overlaps(group.forbidden, place.low, place.high);
}

function rangesOfKeys(located: ReadonlyMap<number, LoggedStamp>, within: RangeSet): RangeSet {
  return intersection(unionAll([...located.keys()].map((sequence) => rangeOf(sequence, sequence))), within);
}

function proofOf(
  context: LaneContext,
  { ledger: { producerId } }: StreamFacts,
  sequences: RangeSet,
  words: Pick<Gap, "verdict" | "decidedBy" | "offsets">,
): readonly Proof[] {
  if (isEmpty(sequences)) return [];
  const gap: Gap = {
    ...words,
    producerId,
    group: undefined,
    sequences,
    state: "confirmed",
    cause: undefined,
    ...(context.reading?.recordsUnread === true && { unattributed: true }),
  };
  return [{ producerId, group: undefined, sequences, era: context.era, leftBehindFrom: undefined, gap }];
}

function decidedBy({ reading }: LaneContext, isByLog: boolean): string {
  const begin = "The answer left the partition out, and";
  if (!isByLog) return `${begin} a group finished every offset where it could be without it.`;
  if (reading?.partitionCount !== undefined) {
    return `${begin} the topic has no such partition: twice it was read to have ${reading.partitionCount}.`;
  }
  return `${begin} the log was read twice wherever it could be: it is not there.`;
}

function wantedOf(context: LaneContext, facts: StreamFacts, places: readonly Place[]): readonly LogRange[] {
  const { reading } = context;
  if (reading === undefined || reading.recordsUnread === true) return [];
  return places.flatMap((place) => {
    const high = Math.min(place.high, reading.lastStableOffset - 1);
    // Without answers nothing narrows the place: of a long log only the newest part is worth a look.
    const isTold = overlaps(facts.ledger.told, place.first, place.last);
    return readableOf(reading, isTold ? Math.max(place.low, high + 1 - tailCount) : place.low, high) ?? [];
  });
}

/** Nobody bounds where the messages of a producer that is gone can lie: they are looked for near the end, for a while. */
function wantedTail(
  { reading, input }: LaneContext,
  facts: StreamFacts,
  known: StreamMemory["unplaced"],
  missing: RangeSet,
): readonly LogRange[] {
  const sought = difference(intersection(facts.left, missing), standingSince(known, input.nowMs - soughtMs));
  if (reading === undefined || isEmpty(sought)) return [];
  const last = reading.lastStableOffset - 1;
  return [readableOf(reading, last + 1 - tailCount, last) ?? []].flat();
}

const tailCount = 5_000;
/** A transaction that its producer left open holds the log up until its time-out, 60 s unless told otherwise. */
const soughtMs = 120_000;
