import type { Deaths } from "./deaths.ts";
import type { ConsumerState } from "./delivery-report.ts";
import type { LedgerReport } from "./ledger-report.ts";
import type { RangeSet } from "./range-set.ts";
import type { EpochRun, LoggedCopy, MemberClaim, ReceiptTotals } from "./testimony-report.ts";

/** All facts about one lane, read in one atomic look. Every set in it only grows; what folds raises a floor. */
export interface LaneRecord {
  /** Rises by one with each write: the mark of change. 0 = no such record. */
  readonly version: number;
  readonly era: number;
  /** The lowest log end read at the fall that began this era; undefined in era 0. */
  readonly cut: number | undefined;
  readonly ledgers: ReadonlyMap<string, LedgerReport>;
  /** By producerId: what the auditor itself saw and decided. */
  readonly verdicts: ReadonlyMap<string, StreamVerdicts>;
  readonly groups: ReadonlyMap<string, GroupRecord>;
  /** Streams that had their time and went; absent where none did. */
  readonly collected?: Tally;
}

/** What is left of streams that were collected. */
export interface Tally {
  readonly streams: number;
  readonly messages: number;
  readonly lost: number;
  /** The highest sequence that any of them had given out. */
  readonly highest: number;
}

export interface StreamVerdicts {
  /** Found in the log at least once. */
  readonly seen: RangeSet;
  /** Lost for every group, with what proved it. */
  readonly lost: RangeSet;
  readonly withdrawn: RangeSet;
}

export interface GroupRecord {
  /** Kafka: by era, offsets with which a member said that the group is done. */
  readonly done: ReadonlyMap<number, GroupOffsets>;
  /** Kafka: below this offset a member's leaving-behind proves nothing. */
  readonly doubtTo: number;
  /** Sets in `done` say nothing below it. */
  readonly floor: number;
  readonly members: ReadonlyMap<string, MemberRecord>;
  readonly receipts: ReadonlyMap<string, Receipts>;
}

export interface GroupOffsets {
  readonly handled: RangeSet;
  readonly givenUp: RangeSet;
  readonly jumped: RangeSet;
  readonly unstamped: RangeSet;
  readonly foreign: RangeSet;
  readonly epochs: readonly EpochRun[];
}

/** A Kafka member or a RabbitMQ consumer in this lane. */
export interface MemberRecord {
  readonly clientId: string;
  readonly number: number;
  readonly nonce: string;
  readonly claim: MemberClaim;
  readonly totals: ReceiptTotals;
  /** RabbitMQ: highest first delivery by stream. */
  readonly highest: ReadonlyMap<string, number>;
}

/** Per (stream, group). */
export interface Receipts {
  readonly processed: RangeSet;
  readonly rejected: RangeSet;
  readonly givenUp: RangeSet;
  readonly jumped: RangeSet;
  /** Produced twice (Kafka) or published twice (RabbitMQ). */
  readonly duplicate: RangeSet;
  readonly repeats: Repeats;
  /** Kafka: came so far behind later ones of the stream that the application asked to hear of it. For people. */
  readonly late: RangeSet;
  readonly lost: RangeSet;
  readonly withdrawn: RangeSet;
  /** Receipts above what the ledger claims; at most `maxAheadRanges`. They count as soon as the ledger claims them. */
  readonly ahead: RangeSet;
  /** Nothing at or above it is ever confirmed: `ahead` overflowed. Infinity = never. */
  readonly ceiling: number;
  readonly floor: number;
  /** RabbitMQ. */
  readonly received: RangeSet;
  readonly firstDelivered: number;
  /** RabbitMQ: sequences at or below it are in doubt. */
  readonly doubtTo: number;
  /** RabbitMQ: dead letters of this queue that somebody met. Absent = none. */
  readonly deaths?: Deaths;
}

/** How often messages of a stream came again to a group, and where its copies lie. For people: it decides nothing. */
export interface Repeats {
  /** Processed again at offsets that were done: somebody ended, or was too slow, before its commit. */
  readonly redelivered: number;
  /** The same, below what the member itself had committed: somebody went back on purpose. */
  readonly replayed: number;
  /** The newest `maxCopies` places of messages that the log holds more than once. */
  readonly copies: readonly LoggedCopy[];
}

export const maxCopies = 64;
export const noRepeats: Repeats = { redelivered: 0, replayed: 0, copies: [] };
export const maxAheadRanges = 64;

/** A RabbitMQ queue: who consumes it, and the last mark of doubt that a client set. */
export interface QueueRecord {
  readonly consumers: ReadonlyMap<
    string,
    {
      readonly clientId: string;
      readonly number: number;
      readonly deliveries: number;
      readonly state: ConsumerState;
    }
  >;
  /** A fresh token each time that an instrumented client changed a binding, unbound or deleted. */
  readonly doubtToken: string;
}
