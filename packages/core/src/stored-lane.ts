import { deadOf } from "./deaths.ts";
import { type GroupRecord, type LaneRecord, noRepeats, type Receipts, type Tally } from "./lane-record.ts";
import { above, emptyRanges, isEmpty, type RangeSet, union, upTo } from "./range-set.ts";
import type { MemberClaim, ReceiptTotals } from "./testimony-report.ts";

/** A lane as a store keeps it: the record, and what only the store itself needs to answer the next report. */
export interface StoredLane extends LaneRecord {
  /** By producerId: what the next answer tells the producer, and what the store forgot of the stream. */
  readonly requests: ReadonlyMap<string, StreamRequests>;
  /** By group: streams with receipts whose ledger never came; at most `maxUnknownStreams` a group. */
  readonly unknown: ReadonlyMap<string, ReadonlySet<string>>;
  /** The highest sequence of an unknown stream that found no room. A stream first heard of later starts above it. */
  readonly droppedTo: number;
  /**
   * By queue and producer: sequences that came as a redelivery to one consumer before another one reported their first
   * delivery. That one then is no copy. Nearly always empty.
   */
  readonly againFirst: ReadonlyMap<string, RangeSet>;
  readonly collected: Tally;
}

export interface StreamRequests {
  /** Sequences whose references the producer is asked for. */
  readonly asked: RangeSet;
  readonly settledTo: number;
  /** Below it nothing is judged, whatever the producer still knows. */
  readonly floor: number;
}

/** Streams of one group and lane that may have receipts without a ledger. */
export const maxUnknownStreams = 1_000;
/** Eras of a log of which offsets are kept. */
export const maxEras = 3;
/** Members that left cleanly and are still remembered. */
export const maxClosedMembers = 64;

export const noRequests: StreamRequests = { asked: emptyRanges, settledTo: 0, floor: 0 };

export const emptyReceipts: Receipts = {
  processed: emptyRanges,
  rejected: emptyRanges,
  givenUp: emptyRanges,
  jumped: emptyRanges,
  duplicate: emptyRanges,
  repeats: noRepeats,
  late: emptyRanges,
  lost: emptyRanges,
  withdrawn: emptyRanges,
  ahead: emptyRanges,
  ceiling: Number.POSITIVE_INFINITY,
  floor: 0,
  received: emptyRanges,
  firstDelivered: 0,
  doubtTo: 0,
};

export const emptyGroup: GroupRecord = {
  done: new Map(),
  doubtTo: 0,
  floor: 0,
  members: new Map(),
  receipts: new Map(),
};

const noTally: Tally = { streams: 0, messages: 0, lost: 0, highest: 0 };

/** A lane that nobody has written to. */
export const emptyLane: StoredLane = {
  version: 0,
  era: 0,
  cut: undefined,
  ledgers: new Map(),
  verdicts: new Map(),
  groups: new Map(),
  requests: new Map(),
  unknown: new Map(),
  droppedTo: 0,
  againFirst: new Map(),
  collected: noTally,
};

export const noTotals: ReceiptTotals = {
  received: 0,
  processed: 0,
  redelivered: 0,
  unstamped: 0,
  forwarded: 0,
  skipped: 0,
};
export const openClaim: MemberClaim = { state: "open", inWork: undefined, committed: undefined };

/** What a receipt above `assigned` becomes once it is claimed: Kafka's members say processed, the others received. */
export type AheadKind = "processed" | "received";

/**
 * The record as a reader sees it: receipts that wait in `ahead` count as soon as the ledger claims them, receipts that
 * say nothing are absent, and a ledger's floor includes what the store forgot.
 */
export function presentLane(lane: StoredLane, kind: AheadKind): LaneRecord {
  const groups = new Map<string, GroupRecord>();
  for (const [name, group] of lane.groups) groups.set(name, presentGroup(lane, group, kind));
  const ledgers = new Map(lane.ledgers);
  for (const [producerId, { floor }] of lane.requests) {
    const ledger = ledgers.get(producerId);
    if (ledger !== undefined && floor > ledger.floor) ledgers.set(producerId, { ...ledger, floor });
  }
  const { version, era, cut, verdicts, collected } = lane;
  return { version, era, cut, ledgers, verdicts, groups, ...(collected.streams === 0 ? {} : { collected }) };
}

/** Moves what the ledger claims by now from `ahead` to where it belongs. */
export function joinAhead(receipts: Receipts, assigned: number, kind: AheadKind): Receipts {
  const claimed = upTo(receipts.ahead, assigned);
  if (isEmpty(claimed)) return receipts;
  return { ...receipts, [kind]: union(receipts[kind], claimed), ahead: above(receipts.ahead, assigned) };
}

/** A copy of a map with one entry more or another. */
export function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map(map).set(key, value);
}

function presentGroup(lane: StoredLane, group: GroupRecord, kind: AheadKind): GroupRecord {
  const receipts = new Map<string, Receipts>();
  for (const [producerId, stored] of group.receipts) {
    const joined = joinAhead(stored, lane.ledgers.get(producerId)?.assigned ?? 0, kind);
    if (!saysNothing(joined)) receipts.set(producerId, joined);
  }
  return { ...group, receipts };
}

function saysNothing(receipts: Receipts): boolean {
  const { ceiling, floor, firstDelivered, doubtTo, repeats, deaths, ...sets } = receipts;
  if (ceiling !== Number.POSITIVE_INFINITY || floor + firstDelivered + doubtTo > 0) return false;
  if (repeats.redelivered + repeats.replayed + repeats.copies.length > 0) return false;
  return Object.values(sets).every(isEmpty) && isEmpty(deadOf(deaths));
}
