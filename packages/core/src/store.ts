import type { Collection } from "./collection.ts";
import type { ConsumerSign, DeliveryReport } from "./delivery-report.ts";
import type { Finding } from "./finding.ts";
import type { Lane } from "./lane.ts";
import type { LaneRecord, QueueRecord } from "./lane-record.ts";
import type { LeaseAnswer, LeaseWish } from "./lease.ts";
import type { LedgerReport } from "./ledger-report.ts";
import type { RangeSet } from "./range-set.ts";
import type { SwitchState } from "./recording-switch.ts";
import type { TestimonyReport } from "./testimony-report.ts";

/** What the store says to a report. Every answer is safe to lose: the report is then sent again. */
export type Answer =
  | { readonly kind: "stored"; readonly era: number; readonly asked: RangeSet; readonly settledTo: number }
  /** The report lies partly in what is known: send the known part and the rest apart. Nothing was stored. */
  | { readonly kind: "partly-known"; readonly known: RangeSet }
  /** The record does not hold the report this one builds on: send everything that you still hold. Nothing was stored. */
  | { readonly kind: "send-all"; readonly era: number }
  /** Another process writes under the same id: take new ids. Nothing was stored. */
  | { readonly kind: "clone" };

/** One life of one instrumented process; its number is its life sign. */
export interface ClientSign {
  readonly clientId: string;
  readonly number: number;
  readonly service: string;
  readonly instance: string;
  readonly pid: number;
  readonly version: string;
  readonly system: string;
  readonly state: "open" | "off" | "closed";
  /** Producers and groups of this client, for people. */
  readonly roles: readonly string[];
  readonly reportErrorCount: number;
  readonly droppedReportCount: number;
  /** Messages that the application had given to a send and that bore no stamp yet. Absent = none. */
  readonly unstampedCount?: number;
  /** It switched its recording off by itself: after what, in words for people. Absent = it did not. */
  readonly offByItself?: string;
}

/** What the judge wants to make final. The store refuses what the record contradicts meanwhile. */
export interface Confirmation {
  readonly producerId: string;
  /** undefined = lost at the stream, for every group. */
  readonly group: string | undefined;
  readonly sequences: RangeSet;
  /** Refused when the record's era is another by now. */
  readonly era: number;
  /** Refused when the group's `doubtTo` is above the lowest of these offsets: the proof rests on left-behind ones. */
  readonly leftBehindFrom: number | undefined;
  /** RabbitMQ: gone with a restart or its queue before any doubt above this began: later ones do not refuse it. */
  readonly goneAbove?: number;
}

/** Facts that only the auditor writes. */
export interface AuditNotes {
  /** Kafka: raise a group's `doubtTo` (offset). */
  readonly doubts: readonly { readonly group: string; readonly to: number }[];
  /** RabbitMQ: raise `doubtTo` of (stream, queue) (sequence). */
  readonly streamDoubts: readonly { readonly group: string; readonly producerId: string; readonly to: number }[];
  readonly seen: readonly { readonly producerId: string; readonly sequences: RangeSet }[];
  /** Confirmed before and processed since. */
  readonly withdrawn: readonly {
    readonly producerId: string;
    readonly group: string | undefined;
    readonly sequences: RangeSet;
  }[];
  /** Up to where every group has finished a stream without a gap: its producer may forget chunks below. */
  readonly settled: readonly { readonly producerId: string; readonly to: number }[];
  /** Sequences whose references a producer is asked for. */
  readonly asked: readonly { readonly producerId: string; readonly sequences: RangeSet }[];
  /** Ignored unless it is newer than the record's own era. */
  readonly eraRise: { readonly era: number; readonly cut: number } | undefined;
}

/** Nothing to note. */
export const noNotes: AuditNotes = {
  doubts: [],
  streamDoubts: [],
  seen: [],
  withdrawn: [],
  settled: [],
  asked: [],
  eraRise: undefined,
};

/**
 * Where clients leave their reports and the auditor keeps its verdicts. Implementations: in memory and Redis, proven
 * by one contract suite. Every call may reject (`StoreError`), be repeated, or be applied though it rejected.
 */
export interface Store {
  /** "memory" findings never leave this process. */
  readonly kind: string;
  reportLedger(lane: Lane, report: LedgerReport): Promise<Answer>;
  reportTestimony(lane: Lane, report: TestimonyReport): Promise<Answer>;
  reportDeliveries(lane: Lane, report: DeliveryReport): Promise<Answer>;
  signClient(sign: ClientSign): Promise<void>;
  signConsumers(cluster: string, queue: string, signs: readonly ConsumerSign[]): Promise<void>;
  doubtQueue(cluster: string, queue: string, token: string): Promise<void>;

  /** Every known lane with its version, unordered. Those whose version did not change need no look. */
  readVersions(): Promise<ReadonlyMap<string, number>>;
  readLane(lane: Lane): Promise<LaneRecord>;
  readQueue(cluster: string, queue: string): Promise<QueueRecord>;
  readClients(): Promise<readonly ClientSign[]>;
  writeNotes(lane: Lane, notes: AuditNotes): Promise<void>;
  /** Returns, per confirmation and in the same order, only what was not confirmed before and is not contradicted. */
  confirm(lane: Lane, confirmations: readonly Confirmation[]): Promise<readonly RangeSet[]>;
  /** Drops what has had its time, unless it was written since. Returns whether there is no such lane any more. */
  collect(lane: Lane, collection: Collection): Promise<boolean>;

  /**
   * Saves findings unless a later change of the same one is known. With an auditor's id nothing is saved of a lane that
   * another auditor holds. Returns the ids of those that were taken: of what was refused somebody else will tell.
   */
  saveFindings(findings: readonly Finding[], auditorId?: string): Promise<ReadonlySet<string>>;
  readFindings(): Promise<readonly Finding[]>;
  /** One auditor's sign of life and its share of the lanes, in one atomic step. Safe to repeat. */
  lease(wish: LeaseWish): Promise<LeaseAnswer>;

  /** Tells auditors that something in the lane is worth a look at once. It may get lost: passes find everything. */
  announceLane(lane: Lane): Promise<void>;
  /** Calls back for each lane that was announced, as far as it is heard of. The returned function ends it. */
  watchLanes(announced: (lane: Lane) => void): () => void;

  readSwitch(): Promise<SwitchState>;
  writeSwitch(state: SwitchState): Promise<void>;
  /** Calls back after each change that is heard of; never before it returns. The returned function ends it. */
  watchSwitch(changed: () => void): () => void;

  /** A token that is another one when writes may have been lost: another master, another life. */
  readLife(): Promise<string>;
  /** What is wrong with the store's own settings, in words for people; empty when nothing is. */
  readWarnings(): Promise<readonly string[]>;
  close(): Promise<void>;
}
