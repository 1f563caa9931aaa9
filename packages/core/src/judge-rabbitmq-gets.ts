import type { ConsumerLook } from "./judge-rabbitmq-memory.ts";
import type { QueueReading } from "./reading.ts";

/** How many messages were taken from a queue by `get`, as the broker counts them and as its audited takers do. */
export interface GetsWatch {
  /** By the broker, at the last look that could read it; undefined = none yet. */
  readonly counted: number | undefined;
  /** By the takers that report. */
  readonly signed: number;
  /** When `signed` was last seen to move: until statistics are younger, the broker may not have counted all of it. */
  readonly signedAtMs: number;
  /** What the broker counted beyond the takers, where both had come to rest: gets that nobody accounts for. */
  readonly foreign: number;
  /** Somebody that nobody accounts for has taken messages: more of it may hide from any look for a while. */
  readonly hasTaker: boolean;
  /** Since when the broker has counted more than that; undefined = it does not. */
  readonly excessSinceMs: number | undefined;
}

export interface GetsSight {
  readonly watch: GetsWatch;
  /** "reset": the broker counts anew, and what came before is unknown. */
  readonly change: "none" | "grew" | "reset";
  /** Whether nothing that was taken unheard can hide: both counts agree, and the broker's is young enough. */
  readonly isSettled: boolean;
}

export const noGets: GetsWatch = {
  counted: undefined,
  signed: 0,
  signedAtMs: Number.NEGATIVE_INFINITY,
  foreign: 0,
  hasTaker: false,
  excessSinceMs: undefined,
};

/** Calls of `get` are accounted as a consumer that the broker does not count. */
export function isGetter(consumerId: string): boolean {
  return consumerId.startsWith("get:");
}

/**
 * Compares the two counts. A taker's report comes up to a second after its call, so that more on the broker's side means
 * something only when it stays; where nobody takes by `get`, it does at once.
 */
export function watchGets(
  previous: GetsWatch,
  consumers: { readonly before: ReadonlyMap<string, ConsumerLook>; readonly now: ReadonlyMap<string, ConsumerLook> },
  reading: QueueReading | undefined,
): GetsSight {
  const added = newlySigned(consumers.before, consumers.now);
  const signed = previous.signed + added;
  const beganAtMs = reading?.beganAtMs;
  const signedAtMs = added > 0 ? (beganAtMs ?? previous.signedAtMs) : previous.signedAtMs;
  const moved = { ...previous, signed, signedAtMs };
  if (reading?.getCount === undefined) return { watch: moved, change: "none", isSettled: false };
  const counted = reading.getCount;
  if (counted < (previous.counted ?? 0)) {
    const watch = { ...moved, counted, foreign: counted - signed, excessSinceMs: undefined };
    return { watch, change: "reset", isSettled: false };
  }
  const excess = counted - signed - previous.foreign;
  const isYoung = reading.beganAtMs >= signedAtMs + reading.statisticsLagMs + slackMs;
  if (excess <= 0) {
    const watch = { ...moved, counted, excessSinceMs: undefined };
    return { watch, change: "none", isSettled: excess === 0 && isYoung };
  }
  const sinceMs = previous.excessSinceMs ?? reading.beganAtMs;
  const hasGetters = [...consumers.now.keys()].some(isGetter);
  if (hasGetters && reading.beganAtMs < sinceMs + maxReportMs)
    return { watch: { ...moved, counted, excessSinceMs: sinceMs }, change: "none", isSettled: false };
  const watch = { ...moved, counted, foreign: counted - signed, hasTaker: true, excessSinceMs: undefined };
  return { watch, change: "grew", isSettled: false };
}

function newlySigned(before: ReadonlyMap<string, ConsumerLook>, now: ReadonlyMap<string, ConsumerLook>): number {
  let added = 0;
  for (const [consumerId, { deliveries }] of now)
    if (isGetter(consumerId)) added += Math.max(0, deliveries - (before.get(consumerId)?.deliveries ?? 0));
  return added;
}

/** Statistics may be older than the lag that the broker states by the time that they take to be written. */
const slackMs = 1_000;
/** A call of `get` is reported within a second; the rest is for a store that is slow. */
const maxReportMs = 3_000;
