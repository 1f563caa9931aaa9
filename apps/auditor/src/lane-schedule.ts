import { type Finding, firstAudit, type Lane, type LaneAudit, type LaneKey, parseLaneKey } from "@seqwatch/core";

/** A lane as the loop keeps it between passes. */
export interface WatchedLane {
  readonly key: LaneKey;
  readonly lane: Lane;
  readonly audit: LaneAudit;
  /** Monotonic; undefined = never. */
  readonly lookedAtMs: number | undefined;
  /** The store's life in which it was last looked at. */
  readonly life: number;
  /** Somebody writes or reads there. */
  readonly isLive: boolean;
}

export interface ScheduleTimes {
  /** Everything is looked at again after so long, whether it changed or not. */
  readonly restMs: number;
  /** A live RabbitMQ lane: who came and went there unseen would be a doubt. */
  readonly liveQueueMs: number;
  /** A live Kafka lane: where no record is read, a leader that nobody watched may have been another one meanwhile. */
  readonly liveLogMs: number;
}

export const scheduleTimes: ScheduleTimes = { restMs: 60_000, liveQueueMs: 2_000, liveLogMs: 60_000 };

/** A lane that is seen for the first time, with the findings that an earlier life left about it. */
export function newLane(key: LaneKey, findings: readonly Finding[], life: number): WatchedLane | undefined {
  const lane = parseLaneKey(key);
  if (lane === undefined) return undefined;
  return { key, lane, audit: { ...firstAudit, findings }, lookedAtMs: undefined, life, isLive: true };
}

/** Whether a lane is to be looked at: it changed, something in it is open, the store lost writes, or it is long ago. */
export function isDue(
  watched: WatchedLane,
  now: { readonly version: number | undefined; readonly life: number; readonly nowMs: number },
  times: ScheduleTimes = scheduleTimes,
): boolean {
  if (watched.lookedAtMs === undefined || watched.life !== now.life) return true;
  if (watched.audit.isOpen || now.nowMs >= watched.audit.collectAtMs) return true;
  if (now.version !== undefined && watched.audit.version !== now.version) return true;
  const liveMs = watched.lane.system === "kafka" ? times.liveLogMs : times.liveQueueMs;
  return now.nowMs - watched.lookedAtMs >= (watched.isLive ? liveMs : times.restMs);
}
