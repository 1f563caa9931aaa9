import { carryOver, standingSince } from "./aged-ranges.ts";
import type { DoubtCause, Gap } from "./finding.ts";
import type { Proof } from "./judge.ts";
import { holeDoubtOf } from "./kafka-cleaning.ts";
import { type CompactedRuling, compactedGaps, ruleCompacted, ruleHole } from "./kafka-compacted.ts";
import type { GroupContext, LaneContext } from "./kafka-context.ts";
import { decidedBy, isOthersGivenUp, leftBehindOf, type Proven } from "./kafka-left-behind.ts";
import { answerOf, hasOtherEpoch, isMisAcked, readableOf, wasRefilled } from "./kafka-log.ts";
import type { StreamMemory } from "./kafka-memory.ts";
import { ruleOlder } from "./kafka-older.ts";
import { type Part, partsOf } from "./kafka-parts.ts";
import { pendingGap } from "./kafka-pending.ts";
import { hullOf, type Place, placesOf } from "./kafka-places.ts";
import { passedOf, passedVerdict, retainedOf } from "./kafka-retained.ts";
import { doubtsAfter, heedDoubt } from "./kafka-standing-doubts.ts";
import { ruleUnread, unreadGaps } from "./kafka-unread.ts";
import type { Receipts } from "./lane-record.ts";
import {
  contains,
  covers,
  difference,
  intersection,
  isEmpty,
  overlaps,
  type RangeSet,
  rangeOf,
  union,
  unionAll,
  upTo,
} from "./range-set.ts";
import type { LogRange } from "./reading.ts";
import { noReceipts, processedOf, type StreamFacts } from "./stream-facts.ts";

/** What a pass found out about one stream in one group. */
export interface GroupJudgement {
  readonly memory: StreamMemory;
  readonly gaps: readonly Gap[];
  readonly proofs: readonly Proof[];
  readonly wanted: readonly LogRange[];
}

/** What one run of sequences turned out to be for a group. */
type Ruling =
  | Proven
  | { readonly kind: "pending" }
  | { readonly kind: "wanted"; readonly range: LogRange }
  | CompactedRuling
  | { readonly kind: "doubt"; readonly cause: DoubtCause; readonly range?: LogRange | undefined };

interface Ruled {
  readonly place: Place;
  readonly ruling: Ruling;
}

/** The messages that a group has not processed and that nothing else explains. */
export function openOf(facts: StreamFacts, receipts: Receipts): RangeSet {
  const processed = processedOf(receipts, facts.ledger.assigned);
  const settled = unionAll([processed, receipts.rejected, receipts.lost, facts.verdicts.lost]);
  return difference(upTo(facts.promised, receipts.ceiling - 1), union(settled, rangeOf(0, receipts.floor - 1)));
}

/** Judges one stream for one group: every place where a message could be was finished without it, or it was not. */
export function judgeGroup(
  context: LaneContext,
  group: GroupContext,
  facts: StreamFacts,
  memory: StreamMemory,
  excluded: RangeSet,
): GroupJudgement {
  const receipts = group.record.receipts.get(facts.ledger.producerId) ?? noReceipts;
  const open = difference(openOf(facts, receipts), excluded);
  if (isEmpty(open) && !memory.candidates.has(group.name) && !memory.doubts.has(group.name)) {
    return { memory, gaps: [], proofs: [], wanted: [] };
  }
  const { places, unplaced } = placesOf(facts.ledger, open, memory);
  const known = memory.standing.get(group.name);
  const ruled = places
    .flatMap((place) => rule(context, group, facts, place))
    .map((entry) => heedDoubt(entry, known, context.era));
  const proven = ruled.filter((entry) => entry.ruling.kind === "proven" || entry.ruling.kind === "wanted");
  const doubted = unionAll([unplaced, setOf(ruled.filter((entry) => entry.ruling.kind === "doubt"))]);
  const { nowMs, policy } = context.input;
  const candidates = carryOver(memory.candidates.get(group.name) ?? [], setOf(proven), nowMs);
  const doubts = carryOver(memory.doubts.get(group.name) ?? [], doubted, nowMs);
  const ripe = standingSince(candidates, nowMs - policy.graceMs);
  const shown = standingSince(doubts, nowMs - policy.graceMs);
  return {
    memory: {
      ...memory,
      candidates: withEntry(memory.candidates, group.name, candidates),
      doubts: withEntry(memory.doubts, group.name, doubts),
      standing: new Map(memory.standing).set(group.name, doubtsAfter(known, context.era, ruled)),
    },
    proofs: proofsOf(context, group, facts, ruled, ripe),
    gaps: [
      ...gapsOf(context, group, facts, ruled, shown),
      ...doubtGap(group, facts, intersection(unplaced, shown), "not-placed", undefined),
      ...unreadGaps(
        context,
        { producerId: facts.ledger.producerId, group: group.name },
        setOf(ruled.filter((entry) => entry.ruling.kind === "wanted")),
        candidates,
      ),
    ],
    wanted: ruled.flatMap(({ ruling }) => ("range" in ruling && ruling.range !== undefined ? [ruling.range] : [])),
  };
}

/** Splits a run into the parts inside and outside of what is done, and rules each. */
function rule(context: LaneContext, group: GroupContext, facts: StreamFacts, place: Place): readonly Ruled[] {
  if (place.era !== context.era || context.eraRise !== undefined) return ruleOlder(context, group, place);
  const missed = { retained: retainedOf(context, group), passed: passedOf(context, group) };
  return partsOf(place, group, missed).map(({ part, kind }) => ({
    place: part,
    ruling: ruleOfKind(kind, context, group, facts, part),
  }));
}

function ruleOfKind(
  kind: Part["kind"],
  context: LaneContext,
  group: GroupContext,
  facts: StreamFacts,
  part: Place,
): Ruling {
  if (kind === "done") return ruleDone(context, group, facts, part);
  if (kind === "open") return ruleOpen(context, group, part);
  if (holeDoubtOf(context, part) === "compacted") return ruleCompacted(context, part);
  return kind === "retained"
    ? { kind: "proven", verdict: "store.retention", leftBehindFrom: undefined }
    : { kind: "proven", verdict: passedVerdict(context, part), leftBehindFrom: part.low };
}

function ruleOpen(context: LaneContext, group: GroupContext, place: Place): Ruling {
  const committed = group.reading?.committed ?? 0;
  if (place.high > group.lastDone && place.high >= committed) return { kind: "pending" };
  const compacted = holeDoubtOf(context, place) === "compacted" ? ruleCompacted(context, place) : undefined;
  if (place.low < group.record.floor) return compacted ?? { kind: "doubt", cause: "too-old" };
  return compacted?.kind === "compacted" ? compacted : { ...compacted, kind: "doubt", cause: group.holeCause };
}

/** Every place is done. What remains is whether the testimony can be trusted about this message, and the verdict. */
function ruleDone(context: LaneContext, group: GroupContext, facts: StreamFacts, place: Place): Ruling {
  if (!group.isProvable) return { kind: "doubt", cause: "not-provable" };
  if (context.compacted === undefined) return { kind: "doubt", cause: "policy-not-read" };
  if (context.compacted) return ruleCompacted(context, place);
  const { producerId } = facts.ledger;
  const receipts = group.record.receipts.get(producerId) ?? noReceipts;
  if (isOthersGivenUp(group, receipts, place)) return { kind: "doubt", cause: "contradiction" };
  const left = leftBehindOf(group, receipts, place);
  if (place.located && left === undefined) return { kind: "doubt", cause: "contradiction" };
  // No reading in this pass: what the log would say against it is not known yet.
  if (context.reading === undefined) return { kind: "wanted", range: { first: place.low, last: place.high } };
  const range = readableOf(context.reading, place.low, place.high);
  if (range !== undefined && !covers(context.view.covered, range.first, range.last)) {
    return context.reading.recordsUnread === true
      ? (ruleHole(context, receipts, place) ?? ruleUnread(context, group, receipts, place, left))
      : { kind: "wanted", range };
  }
  const hole = ruleHole(context, receipts, place);
  if (hole !== undefined) return hole;
  // The epochs below the log start cannot be compared any more: the offsets may have been others' before.
  if (left === undefined && place.low < context.reading.logStart) {
    return { kind: "doubt", cause: "log-not-readable" };
  }
  // What the log said against it is read again in each pass: unread, it would be no doubt any more.
  if (hasOtherEpoch(context.view, group.epochs, place)) return { kind: "doubt", cause: "two-eras", range };
  const isUnclear = overlaps(group.forbidden, place.low, place.high) && left === undefined;
  if (isUnclear && answerOf(context.view, context.reading, place) !== "absent") {
    return { kind: "doubt", cause: "unstamped-in-range", range };
  }
  if (isMisAcked(context.view, producerId, place)) {
    return { kind: "proven", verdict: "produce.mis-acked", leftBehindFrom: left?.leftBehindFrom };
  }
  if (left !== undefined) return left;
  if (!contains(facts.ledger.acked, place.first)) {
    return { kind: "proven", verdict: "store.missing", leftBehindFrom: undefined };
  }
  // It was stored, and is not there any more. Before that an unheard member may have worked it, which those who read
  // the log since cannot know.
  if (group.memory.doubtTo > place.low) return { kind: "doubt", cause: "two-eras", range };
  const verdict = wasRefilled(context.view, producerId, place) ? "store.truncated" : "store.missing";
  return { kind: "proven", verdict, leftBehindFrom: place.low };
}

function proofsOf(
  context: LaneContext,
  group: GroupContext,
  facts: StreamFacts,
  ruled: readonly Ruled[],
  ripe: RangeSet,
): readonly Proof[] {
  const { producerId } = facts.ledger;
  return ruled.flatMap(({ place, ruling }): readonly Proof[] => {
    if (ruling.kind !== "proven") return [];
    const sequences = intersection(rangeOf(place.first, place.last), ripe);
    if (isEmpty(sequences)) return [];
    const gap: Gap = {
      producerId,
      group: group.name,
      sequences,
      state: "confirmed",
      verdict: ruling.verdict,
      cause: undefined,
      offsets: { low: place.low, high: place.high },
      decidedBy: decidedBy(ruling.verdict),
      ...(ruling.unattributed === true && { unattributed: true }),
    };
    const { leftBehindFrom } = ruling;
    return [{ producerId, group: group.name, sequences, era: context.era, leftBehindFrom, gap }];
  });
}

function gapsOf(
  context: LaneContext,
  group: GroupContext,
  facts: StreamFacts,
  ruled: readonly Ruled[],
  shown: RangeSet,
): readonly Gap[] {
  const causes = new Map<DoubtCause, Ruled[]>();
  for (const entry of ruled) {
    if (entry.ruling.kind !== "doubt") continue;
    const known = causes.get(entry.ruling.cause);
    if (known === undefined) causes.set(entry.ruling.cause, [entry]);
    else known.push(entry);
  }
  const pending = ruled.filter((entry) => entry.ruling.kind === "pending");
  const waiting = setOf(pending);
  return [
    ...[...causes].flatMap(([cause, entries]) => {
      const sequences = intersection(setOf(entries), shown);
      return doubtGap(
        group,
        facts,
        sequences,
        cause,
        hullOf(
          entries.map((entry) => entry.place),
          sequences,
        ),
      );
    }),
    ...compactedGaps(
      { producerId: facts.ledger.producerId, group: group.name },
      ruled.filter((entry) => entry.ruling.kind === "compacted").map((entry) => entry.place),
    ),
    ...pendingGap(context, group, {
      producerId: facts.ledger.producerId,
      sequences: waiting,
      offsets: hullOf(
        pending.map((entry) => entry.place),
        waiting,
      ),
    }),
  ];
}

function doubtGap(
  group: GroupContext,
  facts: StreamFacts,
  sequences: RangeSet,
  cause: DoubtCause,
  offsets: Gap["offsets"],
): readonly Gap[] {
  if (isEmpty(sequences)) return [];
  const died = cause === "member-died";
  const low = offsets?.low ?? Number.POSITIVE_INFINITY;
  // Only the claims of those that fell silent count: whoever came after them has committed further.
  const early = [...group.record.members].some(
    ([id, { claim }]) => group.memory.silentSince.has(id) && low < (claim.committed ?? 0),
  );
  return [
    {
      producerId: facts.ledger.producerId,
      group: group.name,
      sequences,
      state: "in-doubt",
      verdict: died ? (early ? "consume.unprocessed" : "consume.unreported") : "store.missing",
      cause,
      offsets,
      decidedBy: "Nobody testified about every place where it can be.",
    },
  ];
}

function setOf(ruled: readonly Ruled[]): RangeSet {
  return unionAll(ruled.map((entry) => rangeOf(entry.place.first, entry.place.last)));
}

function withEntry<V extends readonly unknown[]>(
  map: ReadonlyMap<string, V>,
  key: string,
  value: V,
): ReadonlyMap<string, V> {
  if (value.length === 0 && !map.has(key)) return map;
  const next = new Map(map);
  if (value.length === 0) next.delete(key);
  else next.set(key, value);
  return next;
}
