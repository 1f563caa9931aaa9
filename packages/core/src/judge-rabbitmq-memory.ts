import type { DoubtCause } from "./finding.ts";
import { type GetsWatch, noGets } from "./judge-rabbitmq-gets.ts";
import type { RangeSet } from "./range-set.ts";
import type { QueueLimits } from "./reading.ts";

/** What the auditor remembers of a RabbitMQ lane between passes. Losing it is a doubt of its own, and never a loss. */
export interface RabbitMemory {
  /** Of the lane's record at the last pass: a fall shows that the store lost writes. */
  readonly version: number;
  readonly queues: ReadonlyMap<string, QueueMemory>;
}

export interface QueueMemory {
  readonly watch: QueueWatch;
  /** By producerId. */
  readonly streams: ReadonlyMap<string, StreamMemory>;
}

/** How the queue looked when it was last looked at; what changed since then is a reason to doubt. */
export interface QueueWatch {
  /** When its last reading began; -Infinity = it was never read. */
  readonly lookedAtMs: number;
  readonly bound: boolean | undefined;
  readonly isGone: boolean;
  /** The last that could be read. */
  readonly publishCount: number | undefined;
  readonly shape: string | undefined;
  readonly doubtToken: string | undefined;
  readonly gets: GetsWatch;
  /** As they were last read. */
  readonly limits: QueueLimits | undefined;
  readonly calm: CalmLook | undefined;
  readonly use: QueueUse;
  /** Of one that is gone. */
  readonly departure: Departure | undefined;
  /** How many consumers the broker counted beyond the registered ones. */
  readonly excess: number;
  readonly consumers: ReadonlyMap<string, ConsumerLook>;
}

/** Who used a queue when it was last seen, and since when nobody has. */
export interface QueueUse {
  /** The registered consumers at the last look at which it was there. */
  readonly users: ReadonlySet<string>;
  /** There may have been others. */
  readonly hasForeign: boolean;
  readonly lastUsedAtMs: number | undefined;
  /** The first of the looks, one soon after the other, at which nobody used it. */
  readonly unusedSinceMs: number | undefined;
  /** The first look at which it was gone. */
  readonly goneAtMs: number | undefined;
}

/** How a queue went: as it was declared to, by somebody's hand, or in a way that nobody can tell. */
export type Departure = "by-itself" | "taken" | "unclear";

/** The last look at which the queue was there and nothing about it was in doubt. */
export interface CalmLook {
  readonly beganAtMs: number;
  readonly uptimeMs: number;
  readonly limits: QueueLimits;
  /** Those that were open. */
  readonly consumers: ReadonlySet<string>;
  /** Something has been seen since that may have taken messages unheard. */
  readonly isSpoiled: boolean;
  /** The same, first seen while nobody could tell whether the broker had started again. */
  readonly unclearAtMs: number | undefined;
  /** The last look since then at which the queue's node was away, without a look in between at which it was there. */
  readonly awayAtMs?: number | undefined;
}

export interface ConsumerLook {
  readonly number: number;
  readonly deliveries: number;
  /** No delivery came between two of its reports, and none is known to have come since: its socket is drained. */
  readonly isQuiet: boolean;
  /** "dead": its client ended without closing it; the doubt that this makes was raised. */
  readonly state: "open" | "off" | "closed" | "dead";
  /** The broker counts it: it was not cancelled. */
  readonly isCounted: boolean;
}

export interface StreamMemory {
  /** Of the ledger's last report; 0 = it has none yet. */
  readonly number: number;
  /** The queue was read as bound before the stream's first report: it must get every message from sequence 1. */
  readonly expectsAll: boolean;
  readonly doubt: StreamDoubt;
  /** Sequences at or below it are in doubt for this queue. */
  readonly doubtTo: number;
  /** What raised `doubtTo`, ascending: a sequence belongs to the first stretch that reaches it. */
  readonly stretches: readonly DoubtStretch[];
  /** The highest sequence given out while a consumer's death was a doubt: one of them may have died with it. */
  readonly diedTo: number;
  readonly cohorts: readonly Cohort[];
  readonly settledTo: number;
  /** undefined = the queue is there. */
  readonly goneAt?: GoneAt | undefined;
  /** `doubtTo` at the queue's last calm look; undefined = there was none. */
  readonly calmTo: number | undefined;
  /** From here on everything must get there, though the queue was not known when the stream began. */
  readonly expectsFrom: number | undefined;
}

/** Up to where a stream can have reached a queue that is gone; read off the reports up to this one. */
export interface GoneAt {
  readonly number: number;
  readonly to: number;
}

/** A doubt lasts while its cause is seen, and then until the ledger bears the number that shows it written afterwards. */
export type StreamDoubt =
  | { readonly kind: "none" }
  | { readonly kind: "lasting"; readonly cause: DoubtCause }
  | { readonly kind: "ending"; readonly cause: DoubtCause; readonly atNumber: number };

export interface DoubtStretch {
  readonly to: number;
  readonly cause: DoubtCause;
}

/** Messages that were first seen open (promised and not settled) at the same pass, and how far their proof has come. */
export interface Cohort {
  readonly sequences: RangeSet;
  readonly openedAtMs: number;
  /** A: the highest sequence given out when they were noted. What was stamped above it was enqueued after them. */
  readonly above: number;
  /** Until the ledger bears this number A is not known (and `above` infinite); 0 = it is known. */
  readonly aboveAtNumber: number;
  readonly notedAtMs: number;
  /** Statistics younger than the note said that the queue holds nothing, neither ready nor handed out. */
  readonly isEmptied: boolean;
  readonly passed: Passing | undefined;
  /** It had passed once, before a consumer gave back what it held. */
  readonly hadPassed?: boolean;
  /** What took them away at once, whatever was in doubt since. */
  readonly gone?: Gone;
}

/** The broker forgot the messages when it started again, or their queue is no longer there. */
export interface Gone {
  readonly kind: "restarted" | "deleted";
  /** The last look at which they were there. */
  readonly calmAtMs: number;
  /** When it was first seen, and how long the node had been up then. */
  readonly sinceMs: number;
  readonly uptimeMs: number;
  /** The queue had given out what came later, or was empty, before: something else may have taken them. */
  readonly hadPassed: boolean;
  /** They lie above the doubts of before. */
  readonly above: number;
  /** Who consumed then. */
  readonly holders: ReadonlySet<string>;
  /** The report numbers of all others, when they were first seen. */
  readonly numbers: ReadonlyMap<string, number>;
  /** As they were then. */
  readonly limits: QueueLimits;
}

/** The queue was seen to have nothing of the cohort left to deliver. */
export interface Passing {
  readonly atMs: number;
  /** The consumers that were open then: one of them may still work on what it received. */
  readonly holders: ReadonlySet<string>;
  /** A once more, noted when the cohort was first seen passed, so that a second passing can be told. */
  readonly aboveThen: number;
  readonly isTwice: boolean;
  /** The report numbers of the open consumers at a later pass without a doubt; each must make two more reports. */
  readonly numbers: ReadonlyMap<string, number> | undefined;
}

export const noRabbitMemory: RabbitMemory = { version: 0, queues: new Map() };

export const noWatch: QueueWatch = {
  lookedAtMs: Number.NEGATIVE_INFINITY,
  bound: undefined,
  isGone: false,
  publishCount: undefined,
  shape: undefined,
  doubtToken: undefined,
  gets: noGets,
  limits: undefined,
  calm: undefined,
  use: { users: new Set(), hasForeign: false, lastUsedAtMs: undefined, unusedSinceMs: undefined, goneAtMs: undefined },
  departure: undefined,
  excess: 0,
  consumers: new Map(),
};

/** More cohorts than this are merged pair by pair, which delays their proof and loses nothing. */
export const maxCohorts = 64;
/** More stretches than this fold the oldest into its neighbour. */
export const maxStretches = 32;
