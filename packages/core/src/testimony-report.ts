import type { RangeSet } from "./range-set.ts";

/** Sequences of one stream that a Kafka member finished at exactly the offsets of the report around it. */
export interface StreamTestimony {
  readonly producerId: string;
  readonly processed: RangeSet;
  /** Processed at two offsets of this one report: the log holds two copies. */
  readonly twice: RangeSet;
  /** Left behind: the handler was over without processing it. */
  readonly givenUp: RangeSet;
  /** Left behind: a seek or an out-of-range reset went past it. */
  readonly jumped: RangeSet;
  /** Where copies lie, as far as this member has met both: the newest `maxCopies`. Only people read it. */
  readonly copies: readonly LoggedCopy[];
  /** Met for the first time so far behind later messages of the stream that the application asked to hear of it. */
  readonly late: RangeSet;
}

/** One of several places of the log that hold the same message. */
export interface LoggedCopy {
  readonly sequence: number;
  readonly offset: number;
}

/** Offsets `first..last` that were delivered with this leader epoch. */
export interface EpochRun {
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
}

/** What a member is doing now, for people; it decides nothing but who has left cleanly. */
export interface MemberClaim {
  readonly state: "open" | "off" | "closed";
  readonly inWork: WorkInHand | undefined;
  /** The member's own last successful commit: the next offset to be read. */
  readonly committed: number | undefined;
  /** Why its consumer ended for good though the process lives; undefined = it did not. */
  readonly crash?: string;
  /** Where the present assignment began; absent until its first fetch. */
  readonly began?: Beginning;
}

/** The first offset that a member was given in an assignment: of what lies below it has not worked anything since. */
export interface Beginning {
  readonly offset: number;
  /** Of the log, as the member knew it. */
  readonly era: number;
  /** The partition was not there yet when the same consumer joined its group before. */
  readonly isNewPartition: boolean;
}

/** A message that is being handled, or that failed and will be tried again. */
interface WorkInHand {
  readonly offset: number;
  /** Since its first try. */
  readonly forMs: number;
  readonly tries: number;
}

/**
 * What one Kafka member testifies about one lane for its group: one atomic write. The receipts of `streams` lie at
 * exactly the offsets of `handled`, `givenUp` and `jumped`; that is what makes a lost write harmless.
 */
export interface TestimonyReport {
  readonly group: string;
  readonly clientId: string;
  readonly number: number;
  readonly nonce: string;
  /** The nonce of the report it builds on ("" for the first). The store refuses a report that builds on another. */
  readonly buildsOn: string;
  /** The era that the last answer named before these offsets began. */
  readonly era: number;
  /** Everything that the member still holds, in answer to "send-all": merged without counting duplicates. */
  readonly whole: boolean;
  /** It lies below what this member had committed before: somebody went back on purpose. */
  readonly replay: boolean;
  /** Offsets whose handler is over and that were processed, and offsets that no handler is ever given. */
  readonly handled: RangeSet;
  /** Offsets left behind below this member's own successful commit in the same assignment. */
  readonly givenUp: RangeSet;
  readonly jumped: RangeSet;
  readonly epochs: readonly EpochRun[];
  readonly streams: readonly StreamTestimony[];
  /** Offsets of records without a stamp. */
  readonly unstamped: RangeSet;
  /** Offsets of records whose stamp names another lane. */
  readonly foreign: RangeSet;
  readonly claim: MemberClaim;
  /** The high watermark seen at the first report of an assignment, and at the first life sign after "off". */
  readonly entered: { readonly highWatermark: number; readonly wasOff: boolean } | undefined;
  /** Totals of the client's life in this lane, merged by max. */
  readonly totals: ReceiptTotals;
}

export interface ReceiptTotals {
  readonly received: number;
  readonly processed: number;
  readonly redelivered: number;
  readonly unstamped: number;
  readonly forwarded: number;
  /** Left out because they had been processed before (`onDuplicate: "skip"`). */
  readonly skipped: number;
}
