import { standingSince } from "./aged-ranges.ts";
import type { Gap } from "./finding.ts";
import { type HoleDoubt, holeDoubtOf } from "./kafka-cleaning.ts";
import type { LaneContext } from "./kafka-context.ts";
import { answerOf, type LogAnswer } from "./kafka-log.ts";
import type { StreamMemory } from "./kafka-memory.ts";
import { hullOf, type Place } from "./kafka-places.ts";
import { difference, intersection, isEmpty, type RangeSet, rangeOf, union, unionAll } from "./range-set.ts";
import type { StreamFacts } from "./stream-facts.ts";

/** What a pass knows of the messages without an offset when it says what is open about them. */
export interface Unplaced {
  /** Met by a group, or confirmed as lost: nothing is open about them. */
  readonly anywhere: RangeSet;
  /** Shown by the log. */
  readonly seen: RangeSet;
  /** Shown by the log as part of a transaction that was aborted. */
  readonly aborted: RangeSet;
  /** Confirmed by this pass. */
  readonly lost: RangeSet;
  readonly known: StreamMemory["unplaced"];
  readonly places: readonly Place[];
}

/** All that is open about the messages of a stream that have no offset; a message is in one gap at most. */
export function gapsOf(context: LaneContext, facts: StreamFacts, unplaced: Unplaced): readonly Gap[] {
  const missing = (of: RangeSet) =>
    difference(of, unionAll([unplaced.anywhere, unplaced.seen, unplaced.aborted, unplaced.lost]));
  return [
    ...notSentGaps(facts, unplaced.anywhere, missing(facts.unknown)),
    ...omittedGaps(context, facts, missing(difference(facts.ledger.omitted, facts.ledger.acked)), unplaced),
    ...untoldGaps(context, facts, missing(facts.ledger.told), unplaced),
    ...leftGaps(context, facts, missing(facts.left), unplaced),
    abortedGap(facts, difference(unplaced.aborted, unplaced.lost)),
    inFlightGap(facts, missing(difference(facts.inFlight, facts.left))),
  ].filter((gap) => !isEmpty(gap.sequences));
}

/** Void and uncertain messages are never lost; they are counted apart, for applications swallow rejections. */
function notSentGaps(facts: StreamFacts, anywhere: RangeSet, unknown: RangeSet): readonly Gap[] {
  const { ledger } = facts;
  // What went out again without a stamp was sent: it is not audited, and counted as that.
  const runs = ledger.voided.filter((run) => run.reason !== "unstamped");
  const voided = runs.map((run): Gap => {
    const isAborted = run.reason === "aborted";
    return {
      ...atStream(facts),
      sequences: difference(run.sequences, union(ledger.acked, anywhere)),
      state: isAborted ? "explained" : "not-sent",
      verdict: isAborted ? "store.aborted" : run.reason === "nacked" ? "produce.nacked" : "produce.rejected",
      decidedBy: `The producer was told that it was not stored (${run.reason}).`,
    };
  });
  const uncertain = { ...atStream(facts), state: "not-sent", cause: "outcome-unknown" } as const;
  const stuck = ledger.stuck ?? [];
  return [
    ...voided,
    {
      ...uncertain,
      sequences: intersection(unknown, stuck),
      verdict: "produce.stuck",
      decidedBy:
        "The idempotent producer was refused for its own sequence number, again and again, and does not recover by itself.",
    },
    {
      ...uncertain,
      sequences: difference(unknown, stuck),
      verdict: "produce.uncertain",
      decidedBy: "The send was rejected or never answered, and nothing shows that it was stored.",
    },
  ];
}

function omittedGaps(
  context: LaneContext,
  facts: StreamFacts,
  sequences: RangeSet,
  { known, places }: Unplaced,
): readonly Gap[] {
  const { nowMs, policy } = context.input;
  const hopeless = intersection(
    sequences,
    standingSince(known, nowMs - (isOverUnread(context, facts) ? policy.graceMs : policy.unreadableMs)),
  );
  const standing = difference(intersection(sequences, standingSince(known, nowMs - policy.graceMs)), hopeless);
  const obscured = intersection(placesWhere(context, places, "unstamped-there"), standing);
  const holed = holedGaps(context, places, difference(standing, obscured));
  const suspected = difference(sequences, unionAll([hopeless, obscured, ...holed.map((gap) => gap.sequences)]));
  const base = { ...atStream(facts), verdict: "produce.ack-missing" as const };
  return [
    {
      ...base,
      sequences: suspected,
      state: "suspected",
      offsets: hullOf(places, suspected),
      decidedBy: "The answer to a resolved send left the partition out.",
    },
    {
      ...base,
      sequences: obscured,
      state: "in-doubt",
      cause: "unstamped-in-range",
      offsets: hullOf(places, obscured),
      decidedBy: "Messages without a stamp lie where it can be, and one of them may be it.",
    },
    ...holed.map((gap) => ({ ...base, ...gap })),
    {
      ...base,
      sequences: hopeless,
      state: "in-doubt",
      cause: "log-not-readable",
      offsets: hullOf(places, hopeless),
      decidedBy: "The answer left the partition out, and nobody could read the log to see whether it was stored.",
    },
  ];
}

/** Nowhere in the log where they can be, and compaction may be why. */
function holedGaps(context: LaneContext, places: readonly Place[], standing: RangeSet) {
  const gapOf = (cause: HoleDoubt, decidedBy: string) => {
    const doubted = places.filter((place) => holeDoubtOf(context, place) === cause);
    const sequences = intersection(placesWhere(context, doubted, "absent"), standing);
    return { sequences, state: "in-doubt", cause, offsets: hullOf(places, sequences), decidedBy } as const;
  };
  const begin = "The answer left the partition out, and compaction may have removed it";
  const compacted = gapOf("compacted", `${begin} if it was stored all the same.`);
  if (context.compacted === undefined) return [compacted];
  return [compacted, gapOf("policy-not-read", `${begin} while nobody watched the topic's setting.`)];
}

/** The producer has ended, so that nothing will bound its last messages, and nobody reads the log. */
function isOverUnread({ reading, compacted }: LaneContext, { ledger }: StreamFacts): boolean {
  const isUnread = reading === undefined ? compacted === undefined : reading.recordsUnread === true;
  return isUnread && ledger.ended === ledger.assigned;
}

/** Sent without asking for an answer (acks=0). What the log shows none of a grace time later is in doubt at the least. */
function untoldGaps(
  context: LaneContext,
  facts: StreamFacts,
  sequences: RangeSet,
  { known, places }: Unplaced,
): readonly Gap[] {
  const { nowMs, policy } = context.input;
  const standing = intersection(sequences, standingSince(known, nowMs - policy.graceMs));
  return [
    {
      ...atStream(facts),
      sequences: standing,
      state: "in-doubt",
      verdict: "store.missing",
      cause: "no-confirms",
      offsets: hullOf(places, standing),
      decidedBy: "It was sent without asking for an answer (acks=0), and nothing shows that it was stored.",
    },
  ];
}

/** Their producer is gone, and took with it what became of them. */
function leftGaps(context: LaneContext, facts: StreamFacts, sequences: RangeSet, { known }: Unplaced): readonly Gap[] {
  const { nowMs, policy } = context.input;
  return [
    {
      ...atStream(facts),
      sequences: intersection(sequences, standingSince(known, nowMs - policy.graceMs)),
      state: "in-doubt",
      verdict: "produce.uncertain",
      cause: "outcome-unknown",
      decidedBy: "The producer ended before it told what became of the send, and nothing shows that it was stored.",
    },
  ];
}

/** In the log, and taken back by the broker: after a time-out, say, when their producer died before its commit. */
function abortedGap(facts: StreamFacts, sequences: RangeSet): Gap {
  const decidedBy = "The log lists the transaction that it was sent in as aborted.";
  return { ...atStream(facts), sequences, state: "explained", verdict: "store.aborted", decidedBy };
}

/** On their way. Should their producer die, nobody writes for their sake: the lane has to be looked at again. */
function inFlightGap(facts: StreamFacts, sequences: RangeSet): Gap {
  const decidedBy = "The producer has not told yet what became of the send.";
  return { ...atStream(facts), sequences, state: "pending", verdict: "produce.uncertain", decidedBy };
}

/** Read as far as they can lie, with this answer: no later reading says more. */
function placesWhere(context: LaneContext, places: readonly Place[], answer: LogAnswer): RangeSet {
  const found = places.filter(
    (place) => place.era === context.era && !place.located && answerOf(context.view, context.reading, place) === answer,
  );
  return unionAll(found.map((place) => rangeOf(place.first, place.last)));
}

function atStream({ ledger }: StreamFacts): Pick<Gap, "producerId" | "group" | "cause" | "offsets"> {
  return { producerId: ledger.producerId, group: undefined, cause: undefined, offsets: undefined };
}
