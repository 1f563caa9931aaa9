import type { RangeSet } from "./range-set.ts";

/**
 * Places acked sequences in the log: every one of `first..last` that is acked lies at an offset in `low..high`.
 * Chunks may be merged to hulls, which only widens the interval.
 */
export interface Chunk {
  readonly first: number;
  readonly last: number;
  readonly low: number;
  readonly high: number;
  /** True where sequence `first + i` lies at offset `low + i` exactly (unbroken batches of one producer). */
  readonly exact: boolean;
  /** The era of the log that the store's last answer named before these were acked. */
  readonly era: number;
}

/**
 * Where a sequence can lie whose offset nobody told (omitted, uncertain, acks=0): above `above`, at or below `upTo`.
 * Both ends are known to the producer itself. `above` is undefined where nothing had been acked in the partition
 * before; `upTo` is undefined until a send that was stamped after the outcome was known has been acked.
 */
export interface Bracket {
  readonly first: number;
  readonly last: number;
  readonly above: number | undefined;
  readonly upTo: number | undefined;
  readonly era: number;
}

/** Why a stamped message was certainly not stored. "unstamped": it was sent again at once, without a stamp. */
export type VoidReason = "rejected" | "refused" | "too-large" | "nacked" | "aborted" | "unstamped";

export interface VoidRun {
  readonly reason: VoidReason;
  readonly sequences: RangeSet;
}

/** RabbitMQ: how long messages may live in a queue, as their publisher asked. */
export interface Lifetimes {
  /** Published without `persistent`: a classic queue forgets them when its broker starts again. */
  readonly transient: RangeSet;
  /** Published with an `expiration` of their own. */
  readonly expiring: RangeSet;
  /** The shortest of those expirations, in milliseconds; 0 = none. */
  readonly expiresAfterMs: number;
}

/** What a person calls a message: an order number, say. */
export interface Reference {
  readonly sequence: number;
  readonly text: string;
}

/**
 * All that a producer knows of one stream. It has one author, so each report is whole and replaces the one before:
 * writes that the store lost are healed by the next report. Sequences are in range sets, offsets in chunks.
 */
export interface LedgerReport {
  readonly producerId: string;
  readonly clientId: string;
  /** Counts the reports of this stream from 1; a report numbered lower than the stored one is stale and ignored. */
  readonly number: number;
  /** Random text of this report and of the one it builds on ("" for the first): another one stored means a clone. */
  readonly nonce: string;
  readonly buildsOn: string;
  /** Highest sequence given out. */
  readonly assigned: number;
  /** `assigned` at the report that ended the stream, else 0. The stream is ended iff ended = assigned. */
  readonly ended: number;
  /** False for acks=0 and channels without confirms: nothing here is ever acked. */
  readonly confirms: boolean;
  readonly acked: RangeSet;
  /** The send resolved, but its answer left these out. */
  readonly omitted: RangeSet;
  readonly uncertain: RangeSet;
  /** Of the uncertain: refused for its own sequence number by an idempotent producer that is stuck. Absent = none. */
  readonly stuck?: RangeSet;
  /** Told to the application as sent without an answer of the broker (acks=0). */
  readonly told: RangeSet;
  /** RabbitMQ: returned as unroutable. */
  readonly returned: RangeSet;
  /** RabbitMQ; absent = all are persistent, and none expires by itself. */
  readonly lifetimes?: Lifetimes;
  readonly voided: readonly VoidRun[];
  /** Sequences whose request went out more than once: an earlier copy may lie in the log. */
  readonly retried: RangeSet;
  readonly chunks: readonly Chunk[];
  readonly brackets: readonly Bracket[];
  /** Below it the producer itself has forgotten; nothing below is judged. 0 = nothing forgotten. */
  readonly floor: number;
  /** Messages of this lane that went out without a stamp, as a total of the client's life. */
  readonly unauditedCount: number;
  /** Of sequences that went wrong or that an answer asked for, where the application gave them. At most 512. */
  readonly references: readonly Reference[];
}

export const maxChunks = 64;
export const maxBrackets = 64;
export const maxReferences = 512;
/** More ranges than this in one set fold the oldest. */
export const maxRanges = 8_192;
