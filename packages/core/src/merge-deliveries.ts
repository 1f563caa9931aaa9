import { deadOf, mergeDeaths } from "./deaths.ts";
import type { DeliveryReport, StreamDeliveries } from "./delivery-report.ts";
import type { GroupRecord, MemberRecord, Receipts } from "./lane-record.ts";
import { maxRanges } from "./ledger-report.ts";
import { isRepeat, refusalOf, withMember } from "./merge-chain.ts";
import type { Merged } from "./merge-ledger.ts";
import { addReceipts, boundReceipts, openReceipts } from "./merge-receipts.ts";
import {
  above,
  difference,
  emptyRanges,
  foldOldest,
  intersection,
  isEmpty,
  lastOf,
  type RangeSet,
  union,
  unionAll,
  upTo,
} from "./range-set.ts";
import type { Answer } from "./store.ts";
import { emptyGroup, type StoredLane, withEntry } from "./stored-lane.ts";

/** Stores what a RabbitMQ consumer reports of one lane for its queue, or says why it cannot be stored as it is. */
export function mergeDeliveries(lane: StoredLane, report: DeliveryReport): Merged {
  const group = lane.groups.get(report.queue) ?? emptyGroup;
  const consumer = group.members.get(report.consumerId);
  if (isRepeat(consumer && { ...consumer, buildsOn: "" }, report)) return { lane, answer: stored(lane) };
  const refusal = refusalOf(consumer, report, lane.era);
  if (refusal !== undefined) return { lane, answer: refusal };
  const merged = mergeStreams(lane, report, group);
  return { lane: merged, answer: stored(merged) };
}

function mergeStreams(lane: StoredLane, report: DeliveryReport, group: GroupRecord): StoredLane {
  let merged = lane;
  const receipts = new Map(group.receipts);
  for (const stream of report.streams) {
    const delivered = unionAll([stream.received, stream.fresh, stream.twice]);
    const highest = lastOf(unionAll([delivered, stream.processed, stream.rejected, deadOf(stream.deaths)]));
    if (highest === undefined) continue;
    const place = { group: report.queue, producerId: stream.producerId, highest };
    const open = openReceipts(merged, place, receipts.get(stream.producerId), "received");
    merged = open.lane;
    if (open.receipts === undefined) continue;
    const key = `${report.queue}\0${stream.producerId}`;
    const againFirst = merged.againFirst.get(key) ?? emptyRanges;
    const again = report.whole ? emptyRanges : copiesOf(stream, open.receipts, againFirst);
    const waiting = difference(union(againFirst, newlyAgain(stream, open.receipts)), stream.fresh);
    if (waiting !== againFirst) merged = { ...merged, againFirst: withWaiting(merged.againFirst, key, waiting) };
    receipts.set(stream.producerId, mergeStream(open.receipts, open.assigned, { ...stream, delivered, again }));
  }
  const members = withMember(group, report.consumerId, consumerOf(report));
  const groups = withEntry(merged.groups, report.queue, { ...group, members, receipts });
  return { ...merged, version: lane.version + 1, groups };
}

/**
 * What the broker holds twice: delivered for the first time although it had been. Of two consumers the one that got a
 * message again may report before the one that had it first: those are in `againFirst`.
 */
function copiesOf(stream: StreamDeliveries, receipts: Receipts, againFirst: RangeSet): RangeSet {
  const before = difference(union(receipts.received, receipts.ahead), againFirst);
  return union(stream.twice, intersection(stream.fresh, before));
}

/** Received now, as a redelivery only, and never before. */
function newlyAgain(stream: StreamDeliveries, receipts: Receipts): RangeSet {
  const known = unionAll([receipts.received, receipts.ahead, stream.fresh]);
  return difference(stream.received, known);
}

function withWaiting(map: StoredLane["againFirst"], key: string, waiting: RangeSet): StoredLane["againFirst"] {
  const changed = new Map(map);
  if (isEmpty(waiting)) changed.delete(key);
  else changed.set(key, foldOldest(waiting, maxRanges).set);
  return changed;
}

function mergeStream(
  receipts: Receipts,
  assigned: number,
  news: StreamDeliveries & { readonly delivered: RangeSet; readonly again: RangeSet },
): Receipts {
  const merged = addReceipts(receipts, news.delivered, assigned, "received");
  // Above `assigned` only what waits in `ahead` is kept: that bounds what a forged stamp can make us store.
  const kept = (set: RangeSet): RangeSet =>
    union(upTo(set, assigned), intersection(above(set, assigned), merged.ahead));
  const deaths = mergeDeaths(receipts.deaths, news.deaths);
  return boundReceipts({
    ...merged,
    ...(deaths === undefined ? {} : { deaths }),
    processed: union(receipts.processed, kept(news.processed)),
    rejected: union(receipts.rejected, kept(news.rejected)),
    duplicate: union(receipts.duplicate, news.again),
    firstDelivered: Math.max(receipts.firstDelivered, lastOf(news.fresh) ?? 0),
  });
}

function consumerOf(report: DeliveryReport): MemberRecord {
  return {
    clientId: report.clientId,
    number: report.number,
    nonce: report.nonce,
    claim: { state: report.state, inWork: undefined, committed: undefined },
    totals: report.totals,
    highest: new Map(report.highest.map(({ producerId, sequence }) => [producerId, sequence])),
  };
}

function stored(lane: StoredLane): Answer {
  return { kind: "stored", era: lane.era, asked: emptyRanges, settledTo: 0 };
}
