import type { AgedRanges } from "./aged-ranges.ts";
import { type Cleaning, noCleaning } from "./kafka-cleaning.ts";
import type { StandingDoubts } from "./kafka-standing-doubts.ts";
import type { RangeSet } from "./range-set.ts";
import type { LoggedStamp } from "./reading.ts";

/** What the auditor remembers of one stream in a Kafka lane. */
export interface StreamMemory {
  /** Promised or uncertain, and without an offset: since when the auditor knows. */
  readonly unplaced: AgedRanges;
  /** The leader's own log end, read after they were known: their bracket's upper end where the producer has none. */
  readonly ends: readonly { readonly first: number; readonly last: number; readonly upTo: number }[];
  /** Read as absent in all of their interval, by this leader. */
  readonly absent: AgedRanges;
  readonly absentLeader: number;
  /** Acked at an offset where this leader shows another record. */
  readonly displaced: AgedRanges;
  /** Acked at or above the leader's own log end. */
  readonly gone: AgedRanges;
  /** Where the log showed them. */
  readonly located: ReadonlyMap<number, LoggedStamp>;
  /** Without an outcome, and the log showed that their transaction was aborted. */
  readonly aborted: RangeSet;
  /** Acked and placed in a snapshot before the last reading that showed no fall: known to be of this era. */
  readonly sound: RangeSet;
  /** The same for the era before, as it stood at the rise. */
  readonly soundBefore: RangeSet;
  /** Acked and placed in this era, in the last snapshot. */
  readonly placed: RangeSet;
  /** By group: proven by the group's testimony, and open without an explanation. */
  readonly candidates: ReadonlyMap<string, AgedRanges>;
  readonly doubts: ReadonlyMap<string, AgedRanges>;
  /** By group: what the log made doubtful when it was read. */
  readonly standing: ReadonlyMap<string, StandingDoubts>;
  /** What the notes have said already. */
  readonly settledTo: number;
  readonly asked: RangeSet;
}

export interface KafkaMemory {
  readonly streams: ReadonlyMap<string, StreamMemory>;
  readonly groups: ReadonlyMap<string, GroupMemory>;
  readonly era: number;
  /** Highest offset of this era in the last snapshot: a reading that began later must not end below it. */
  readonly highestOffset: number;
  /** The same of what groups have finished alone. */
  readonly highestDone: number;
  readonly logStart: number;
  /** The era that began because the topic was deleted and made again. */
  readonly madeAgainIn?: number | undefined;
  readonly cleaning: Cleaning;
  /** The leader that was watched without a break up to the last reading. */
  readonly steady?: SteadyLeader | undefined;
}

/** Where no record is read, offsets mean the same record only as long as one leader was watched without a break. */
export interface SteadyLeader {
  readonly leader: number;
  readonly readAtMs: number;
  /** What lies below may have been finished before, under another leader. */
  readonly from: number;
}

export interface GroupMemory {
  readonly doubtTo: number;
  /** The highest commit ever read or claimed in this life of the topic. */
  readonly highestCommit: number;
  readonly previousCommit?: number | undefined;
  readonly staleClaims?: ReadonlyMap<string, number> | undefined;
  /** The era in which the broker's commit of the group was read first; Infinity = never read. */
  readonly readSince: number;
  readonly foreignUntilMs: number;
  readonly foreignSeen: boolean;
  /** Since when a member has been silent. */
  readonly silentSince: ReadonlyMap<string, number>;
  /**
   * Clients of ours that may have had the lane and have said nothing of it, each with the time at which it was first
   * missed in the group; undefined = it is a member.
   */
  readonly unheard: ReadonlyMap<string, number | undefined>;
  /** How the group rested, as long as it was watched without a break since. */
  readonly rest?: GroupRest | undefined;
  /** Offsets of an era that the group's position was moved over while nobody could have worked them. */
  readonly passedOver?: { readonly era: number; readonly offsets: RangeSet } | undefined;
}

/** A group that was read empty; everybody who came since is one of ours. */
export interface GroupRest {
  /** What it had committed when it was last read empty. */
  readonly committed: number;
  readonly era: number;
  readonly lookedAtMs: number;
  /** Of the lane's record at that look. */
  readonly version: number;
  /** It was empty at the last look. */
  readonly isEmpty: boolean;
}

export const noKafkaMemory: KafkaMemory = {
  streams: new Map(),
  groups: new Map(),
  era: 0,
  highestOffset: -1,
  highestDone: -1,
  logStart: 0,
  cleaning: noCleaning,
};

export const noStreamMemory: StreamMemory = {
  unplaced: [],
  ends: [],
  absent: [],
  absentLeader: -1,
  displaced: [],
  gone: [],
  located: new Map(),
  aborted: [],
  sound: [],
  soundBefore: [],
  placed: [],
  candidates: new Map(),
  doubts: new Map(),
  standing: new Map(),
  settledTo: 0,
  asked: [],
};

export const noGroupMemory: GroupMemory = {
  doubtTo: 0,
  highestCommit: 0,
  readSince: Number.POSITIVE_INFINITY,
  foreignUntilMs: Number.NEGATIVE_INFINITY,
  foreignSeen: false,
  silentSince: new Map(),
  unheard: new Map(),
};
