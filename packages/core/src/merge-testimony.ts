import { type GroupRecord, maxCopies, type Receipts, type Repeats } from "./lane-record.ts";
import { isRepeat, refusalOf, withMember } from "./merge-chain.ts";
import { type Merged, withEra } from "./merge-ledger.ts";
import { doneIn, type LeftBehind, leftBehindOf, mergeOffsets } from "./merge-offsets.ts";
import { addReceipts, boundReceipts, openReceipts } from "./merge-receipts.ts";
import {
  countOf,
  emptyRanges,
  firstOf,
  intersection,
  isEmpty,
  lastOf,
  type RangeSet,
  sameRanges,
  union,
  unionAll,
} from "./range-set.ts";
import type { Answer } from "./store.ts";
import { emptyGroup, type StoredLane, withEntry } from "./stored-lane.ts";
import type { StreamTestimony, TestimonyReport } from "./testimony-report.ts";

/** Stores what a Kafka member testifies, or says why it cannot be stored as it is. */
export function mergeTestimony(lane: StoredLane, report: TestimonyReport): Merged {
  const group = lane.groups.get(report.group) ?? emptyGroup;
  const member = group.members.get(report.clientId);
  if (isRepeat(member && { ...member, buildsOn: "" }, report)) return { lane, answer: stored(lane) };
  const refusal = refusalOf(member, report, lane.era);
  if (refusal !== undefined) return { lane, answer: refusal };
  const offsets = unionAll([report.handled, report.givenUp, report.jumped]);
  const known = intersection(offsets, doneIn(group.done.get(report.era)));
  if (!report.whole && !isEmpty(known) && !sameRanges(known, offsets))
    return { lane, answer: { kind: "partly-known", known } };
  const merged = mergeStreams(lane, report, group, offsets, known);
  return { lane: merged, answer: stored(merged) };
}

function mergeStreams(
  lane: StoredLane,
  report: TestimonyReport,
  group: GroupRecord,
  offsets: RangeSet,
  known: RangeSet,
): StoredLane {
  const doubtTo = doubtAfter(group, report);
  const left = leftBehindOf(report, doubtTo);
  const claim = { number: report.number, nonce: report.nonce, claim: report.claim, totals: report.totals };
  const entered: GroupRecord = {
    ...group,
    ...mergeOffsets(group, report, left),
    doubtTo,
    members: withMember(group, report.clientId, { clientId: report.clientId, ...claim, highest: new Map() }),
  };
  const isCounted = !report.whole && isEmpty(known);
  const again = report.whole || isEmpty(known) ? undefined : report.replay ? "replayed" : "redelivered";
  const isFresh = isNew(group, offsets);
  let merged = withEra(lane, report.era);
  const receipts = new Map(group.receipts);
  for (const stream of report.streams) {
    if (isSilent(stream)) continue;
    const highest = lastOf(unionAll([stream.processed, stream.twice, stream.givenUp, stream.jumped])) ?? 0;
    const place = { group: report.group, producerId: stream.producerId, highest };
    const open = openReceipts(merged, place, receipts.get(stream.producerId), "processed");
    merged = open.lane;
    if (open.receipts === undefined) continue;
    const copied = isCounted ? copiesOf(stream, open.receipts, isFresh) : emptyRanges;
    const repeats = report.whole ? open.receipts.repeats : repeatsOf(stream, open.receipts, again);
    receipts.set(stream.producerId, mergeStream(open.receipts, open.assigned, { stream, left, copied, repeats }));
  }
  const groups = withEntry(merged.groups, report.group, { ...entered, receipts });
  return { ...merged, version: lane.version + 1, groups };
}

/** A join after somebody who did not leave cleanly, or after being off, raises the doubt to all that the log held. */
function doubtAfter(group: GroupRecord, { entered, clientId }: TestimonyReport): number {
  if (entered === undefined) return group.doubtTo;
  const isFollowed = [...group.members].some(([id, { claim }]) => id !== clientId && claim.state !== "closed");
  return entered.wasOff || isFollowed ? Math.max(group.doubtTo, entered.highWatermark) : group.doubtTo;
}

/** Whether no era has any of these offsets. Below the floor nobody can say. */
function isNew(group: GroupRecord, offsets: RangeSet): boolean {
  if ((firstOf(offsets) ?? group.floor) < group.floor) return false;
  return [...group.done.values()].every((done) => isEmpty(intersection(doneIn(done), offsets)));
}

/** What the log holds twice: processed before and now again at an offset that nobody was done with. */
function copiesOf(stream: StreamTestimony, receipts: Receipts, isNew: boolean): RangeSet {
  if (!isNew) return stream.twice;
  return union(stream.twice, intersection(stream.processed, union(receipts.processed, receipts.ahead)));
}

/** Counted once, because a report is stored once. */
function repeatsOf(
  stream: StreamTestimony,
  receipts: Receipts,
  again: "redelivered" | "replayed" | undefined,
): Repeats {
  const { repeats } = receipts;
  const places = [...repeats.copies, ...stream.copies];
  const isFirst = ({ sequence, offset }: Repeats["copies"][number], at: number): boolean =>
    places.findIndex((one) => one.sequence === sequence && one.offset === offset) === at;
  const copies = places.filter(isFirst).slice(-maxCopies);
  if (again === undefined) return { ...repeats, copies };
  const count = countOf(intersection(stream.processed, union(receipts.processed, receipts.ahead)));
  return { ...repeats, copies, [again]: repeats[again] + count };
}

function mergeStream(
  receipts: Receipts,
  assigned: number,
  news: {
    readonly stream: StreamTestimony;
    readonly left: LeftBehind;
    readonly copied: RangeSet;
    readonly repeats: Repeats;
  },
): Receipts {
  const { stream, left, copied, repeats } = news;
  return boundReceipts({
    ...addReceipts(receipts, stream.processed, assigned, "processed"),
    givenUp: union(receipts.givenUp, left.keepsGivenUp ? stream.givenUp : emptyRanges),
    jumped: union(receipts.jumped, left.keepsJumped ? stream.jumped : emptyRanges),
    duplicate: union(receipts.duplicate, copied),
    repeats,
    late: union(receipts.late, stream.late),
  });
}

function isSilent(stream: StreamTestimony): boolean {
  return [stream.processed, stream.twice, stream.givenUp, stream.jumped].every(isEmpty);
}

function stored(lane: StoredLane): Answer {
  return { kind: "stored", era: lane.era, asked: emptyRanges, settledTo: 0 };
}
