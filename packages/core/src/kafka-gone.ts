import { carryOver, standingSince } from "./aged-ranges.ts";
import type { Verdict } from "./finding.ts";
import type { Proof } from "./judge.ts";
import { holeDoubtOf } from "./kafka-cleaning.ts";
import { commitBefore } from "./kafka-commits.ts";
import type { LaneContext } from "./kafka-context.ts";
import { answerOf, isMisAcked } from "./kafka-log.ts";
import type { StreamMemory } from "./kafka-memory.ts";
import { cutAt, hullOf, type Place, placesOf } from "./kafka-places.ts";
import {
  addRange,
  difference,
  eachMember,
  intersection,
  isEmpty,
  type RangeSet,
  rangeOf,
  union,
  unionAll,
} from "./range-set.ts";
import { processedByAny, type StreamFacts } from "./stream-facts.ts";

/** What the broker itself says is gone, at the stream: truncated away, or acknowledged in place of another. */
export interface GoneJudgement {
  readonly memory: StreamMemory;
  readonly proofs: readonly Proof[];
  /** Waiting for a second reading: no group is asked about them meanwhile. */
  readonly waiting: RangeSet;
}

/**
 * Judges acked messages by the log alone. Only facts that stood in an earlier snapshot are compared with a reading,
 * and nothing is gone that lies below any commit ever read: an unheard member may have worked it first.
 */
export function judgeGone(
  context: LaneContext,
  facts: StreamFacts,
  memory: StreamMemory,
  open: RangeSet,
): GoneJudgement {
  const { nowMs, policy } = context.input;
  const settled = unionAll([processedByAny(context.input.snapshot, facts.ledger), facts.verdicts.lost]);
  const acked = difference(intersection(open, facts.ledger.acked), settled);
  const { places } = placesOf(facts.ledger, acked, memory);
  const displaced = difference(displacedOf(context, facts, places), facts.ledger.retried);
  const sound = soundnessOf(context, facts, memory).soundBefore ?? memory.soundBefore;
  const gone = difference(goneOf(context, places, sound), facts.ledger.retried);
  const next: StreamMemory = {
    ...memory,
    displaced: carryReading(context, memory.displaced, displaced, memory.absentLeader),
    gone: context.reading === undefined ? memory.gone : carryOver(memory.gone, gone, nowMs),
    ...soundnessOf(context, facts, memory),
  };
  const ripeDisplaced = intersection(standingSince(next.displaced, nowMs - policy.graceMs), displaced);
  const ripeGone = difference(intersection(standingSince(next.gone, nowMs - policy.graceMs), gone), ripeDisplaced);
  const isMadeAgain = context.madeAgainIn === context.era;
  const misAcked = misAckedOf(context, facts, places, ripeDisplaced);
  return {
    memory: next,
    waiting: union(displaced, gone),
    proofs: [
      proof(
        context,
        facts,
        misAcked,
        "produce.mis-acked",
        "At its acked offset the log holds an earlier record of the same producer.",
        places,
      ),
      proof(
        context,
        facts,
        difference(ripeDisplaced, misAcked),
        "store.truncated",
        "At its acked offset the log holds another record.",
        places,
      ),
      proof(
        context,
        facts,
        ripeGone,
        isMadeAgain ? "store.dropped" : "store.truncated",
        isMadeAgain
          ? "Its topic was deleted and made again: the log begins anew, and the groups' commits are gone."
          : "The leader's own log end fell below its acked offset.",
        places,
      ),
    ].filter((candidate) => !isEmpty(candidate.sequences)),
  };
}

/** At the told offset the log shows another stamped, committed record, and the message nowhere else that was read. */
function displacedOf(context: LaneContext, facts: StreamFacts, places: readonly Place[]): RangeSet {
  if (context.reading === undefined || context.eraRise !== undefined) return [];
  const displaced: RangeSet[] = [];
  for (const place of places) {
    if (place.told === undefined || place.era !== context.era || !isTrusted(context, place)) continue;
    const shift = place.first - place.told;
    // Of a group that lags millions behind only what was read is gone through.
    const read = intersection(context.view.covered, rangeOf(place.told, place.told + (place.last - place.first)));
    for (const offset of eachMember(read, Number.POSITIVE_INFINITY)) {
      const sequence = offset + shift;
      const record = context.view.byOffset.get(offset);
      if (record === undefined || (record.producerId === facts.ledger.producerId && record.sequence === sequence))
        continue;
      if (context.view.find(facts.ledger.producerId, sequence) === undefined) {
        displaced.push(rangeOf(sequence, sequence));
      }
    }
  }
  return isClearOfCommits(context, places, unionAll(displaced));
}

/** What it was told is where it lies, or it was looked for wherever else it may lie. */
function isTrusted(context: LaneContext, place: Place): boolean {
  if (place.exact) return true;
  return answerOf(context.view, context.reading, place) === "absent" && holeDoubtOf(context, place) === undefined;
}

function misAckedOf(context: LaneContext, facts: StreamFacts, places: readonly Place[], displaced: RangeSet): RangeSet {
  const misAcked: number[] = [];
  for (const sequence of eachMember(displaced, Number.POSITIVE_INFINITY)) {
    const isMissed = places.some((place) => {
      if (place.told === undefined || sequence < place.first || sequence > place.last) return false;
      const told = place.told + (sequence - place.first);
      return isMisAcked(context.view, facts.ledger.producerId, { ...place, first: sequence, last: sequence, told });
    });
    if (isMissed) addRange(misAcked, sequence, sequence);
  }
  return misAcked;
}

/** Of the era before, known to be of it, and wholly at or above its cut. */
function goneOf(context: LaneContext, places: readonly Place[], sound: RangeSet): RangeSet {
  const cut = context.eraRise?.cut ?? context.input.snapshot.cut;
  if (context.reading === undefined || cut === undefined) return [];
  const older = places.flatMap((place) => (place.era === context.era - 1 ? cutAt(place, cut) : []));
  const gone = older.filter((place) => place.low >= cut);
  // An ack that came late lies among sequences that were known long before: only the set of what was placed tells.
  const placed = unionAll(gone.map((place) => rangeOf(place.first, place.last)));
  return isClearOfCommits(context, gone, intersection(placed, sound), context.madeAgainIn === context.era);
}

/**
 * What is gone must lie at or above everything any group ever committed, and where nobody unheard was at work: a
 * foreign or silent member may have worked it without a commit that anybody saw.
 */
function isClearOfCommits(
  context: LaneContext,
  places: readonly Place[],
  sequences: RangeSet,
  isMadeAgain = false,
): RangeSet {
  const groups = [...context.groupMemories.values()];
  // Without any group in memory nobody knows what was committed: the store may have lost the one that worked it.
  if (groups.length === 0) return [];
  const lowest = Math.max(0, ...groups.map((group) => Math.max(commitBefore(group, isMadeAgain), group.doubtTo)));
  // A commit that was first read after the fall says nothing of what was worked before it.
  const readSince = Math.max(...groups.map((group) => group.readSince));
  const clear = places
    .flatMap((place) => cutAt(place, lowest))
    .filter((place) => place.low >= lowest && place.era >= readSince);
  return intersection(sequences, unionAll(clear.map((place) => rangeOf(place.first, place.last))));
}

function carryReading(
  context: LaneContext,
  aged: StreamMemory["displaced"],
  members: RangeSet,
  leaderBefore: number,
): StreamMemory["displaced"] {
  if (context.reading === undefined) return aged;
  return carryOver(context.reading.leader === leaderBefore ? aged : [], members, context.input.nowMs);
}

/**
 * What stood in the snapshot before a reading without a fall is known to be of its era. At a rise the mark of the
 * ended era is kept, and the new one starts from nothing.
 */
function soundnessOf(context: LaneContext, facts: StreamFacts, memory: StreamMemory): Partial<StreamMemory> {
  const present = facts.ledger.chunks.filter((chunk) => chunk.era === context.era);
  const placed = intersection(facts.ledger.acked, unionAll(present.map((chunk) => rangeOf(chunk.first, chunk.last))));
  if (context.era !== context.memory.era) {
    return { soundBefore: context.era === context.memory.era + 1 ? memory.sound : [], sound: [], placed };
  }
  return { sound: context.reading?.logEnd === undefined ? memory.sound : union(memory.sound, memory.placed), placed };
}

function proof(
  context: LaneContext,
  facts: StreamFacts,
  sequences: RangeSet,
  verdict: Verdict,
  decidedBy: string,
  places: readonly Place[],
): Proof {
  const { producerId } = facts.ledger;
  const gap = {
    producerId,
    group: undefined,
    sequences,
    state: "confirmed" as const,
    verdict,
    cause: undefined,
    offsets: hullOf(places, sequences),
    decidedBy,
  };
  return { producerId, group: undefined, sequences, era: context.era, leftBehindFrom: undefined, gap };
}
