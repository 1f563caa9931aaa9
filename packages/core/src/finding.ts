import type { Lane } from "./lane.ts";
import type { Reference } from "./ledger-report.ts";
import type { RangeSet } from "./range-set.ts";

/** The verdicts of the design's section 8. Each has an entry in docs/verdicts.md. */
export type Verdict =
  | "produce.ack-missing"
  | "produce.unroutable"
  | "produce.mis-acked"
  | "produce.nacked"
  | "produce.rejected"
  | "produce.stuck"
  | "produce.uncertain"
  | "store.retention"
  | "store.truncated"
  | "store.compacted"
  | "store.aborted"
  | "store.dropped"
  | "store.expired"
  | "store.dead-lettered"
  | "store.restarted"
  | "store.missing"
  | "consume.skipped"
  | "consume.given-up"
  | "consume.unprocessed"
  | "consume.unreported"
  | "consume.stopped"
  | "consume.out-of-order"
  | "consume.rejected";

/** Why nobody can say. */
export type DoubtCause =
  | "member-died"
  | "foreign-member"
  | "switched-off"
  | "joined-late"
  | "state-lost"
  | "no-ledger"
  | "not-placed"
  | "two-eras"
  | "unstamped-in-range"
  | "log-not-readable"
  | "policy-not-read"
  | "compacted"
  | "contradiction"
  | "too-old"
  | "received-never-settled"
  | "may-be-dead-lettered"
  | "not-provable"
  | "no-confirms"
  | "outcome-unknown"
  | "earlier-copy-possible"
  | "not-testified";

export type GapState = "suspected" | "pending" | "in-doubt" | "explained" | "confirmed" | "withdrawn" | "not-sent";

/** A stretch of one stream that is missing for one group, or for all, as one pass of the judge sees it. */
export interface Gap {
  readonly producerId: string;
  /** undefined = at the stream: for every group. */
  readonly group: string | undefined;
  readonly sequences: RangeSet;
  readonly state: GapState;
  readonly verdict: Verdict;
  readonly cause: DoubtCause | undefined;
  /** The offsets at which they can lie. */
  readonly offsets: { readonly low: number; readonly high: number } | undefined;
  /** One sentence: the fact that decided. */
  readonly decidedBy: string;
  /** What the judge itself knows besides, with figures. */
  readonly facts?: readonly string[];
  /** Proven by the reports alone: no record of the log was read, so where it went is not known. */
  readonly unattributed?: boolean;
  /** Of what is proven: for how many milliseconds of the auditor's clock everything that proves it had been known. */
  readonly provenForMs?: number;
}

/** One life of one instrumented process, as far as it is known. */
export interface Instance {
  readonly clientId: string;
  readonly service: string;
  /** As it calls itself: `HOST:PID` unless the application said otherwise. */
  readonly instance?: string;
  readonly pid?: number;
}

export interface Finding {
  /** Stable: lane, stream, group, first sequence and an opening number. A repeat of the same event bears the same id. */
  readonly id: string;
  readonly lane: Lane;
  readonly producerId: string;
  readonly group: string | undefined;
  readonly state: GapState;
  readonly verdict: Verdict;
  readonly cause: DoubtCause | undefined;
  /** By state; a sequence is in one of them, and in one finding only. */
  readonly sequences: Readonly<Partial<Record<GapState, RangeSet>>>;
  readonly offsets: { readonly low: number; readonly high: number } | undefined;
  readonly decidedBy: string;
  /** The facts behind it as they stood when it last changed: sentences with figures. Absent in findings made before. */
  readonly facts?: readonly string[];
  /** Proven by the reports alone, without a record of the log: that it is lost is certain, its stage is not. */
  readonly unattributed?: boolean;
  /** What the application calls the messages, where it was kept. */
  readonly references: readonly string[];
  /** Whose each of the references is: a finding may hold messages in several states. Absent in findings made before. */
  readonly messages?: readonly Reference[];
  readonly producer: Instance | undefined;
  /** Members of the group that have reported of the lane; 16 at most. Absent in findings made before. */
  readonly consumers?: readonly Instance[];
  readonly neighbours: readonly Neighbour[];
  /** Wall clock, milliseconds since 1970; for people, decides nothing. */
  readonly openedAtMs: number;
  readonly changedAtMs: number;
  readonly history: readonly FindingStep[];
}

/** A change of a finding's state. */
export interface FindingStep {
  readonly state: GapState;
  /** Wall clock, milliseconds since 1970. */
  readonly atMs: number;
  /** Of a confirmation: for how many milliseconds everything that proves it had been known to the auditor by then. */
  readonly provenForMs?: number;
}

/** A record beside the gap that is known to have arrived. */
export interface Neighbour {
  readonly sequence: number;
  readonly offset: number | undefined;
  readonly timestampMs: number | undefined;
  /** A W3C `traceparent`. */
  readonly traceparent: string | undefined;
}
