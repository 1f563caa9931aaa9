/** What the demo does to the servers and services, each in earnest. */
export type Fault = "rolling-restart" | "missing-binding" | "full-queue" | "killed-consumer" | "redis-down" | "toggle";

/** One fault and when it begins, counted from the start of the traffic. */
interface PlannedFault {
  readonly fault: Fault;
  readonly atMs: number;
}

/** How long each step of a rolling restart takes. */
interface RestartPace {
  /** How long a broker stays down. */
  readonly downMs: number;
  /** How long the cluster has in between. */
  readonly pauseMs: number;
}

export interface FaultPlan {
  /** In the order of their times. */
  readonly faults: readonly PlannedFault[];
  readonly restart: RestartPace;
  readonly redisDownMs: number;
  /** One round of faults takes so long; without an end they come again and again. */
  readonly roundMs: number;
}

export interface FaultWishes {
  /** undefined = until somebody stops it. */
  readonly forMs: number | undefined;
  readonly redisKillAtMs?: number | undefined;
  readonly redisDownMs?: number | undefined;
  /** How often recording is switched off and on again during the run. */
  readonly toggleCount?: number;
}

const fullRoundMs = 90_000;
/** After a round the traffic is slower for a while: messages are lost by faults, not by numbers. */
export const restMs = 60_000;

/** The first faults' places within a round; those of different servers may overlap. */
const places: readonly { readonly fault: Fault; readonly at: number }[] = [
  { fault: "rolling-restart", at: 0.06 },
  { fault: "missing-binding", at: 0.12 },
  { fault: "full-queue", at: 0.25 },
  { fault: "killed-consumer", at: 0.45 },
];

/** After its return the store is in doubt for a moment, and with it what queues lost meanwhile: no fault begins there. */
const redisRecoveryMs = 18_000;
const betweenQueueFaultsMs = 6_000;

/** When to do what in one round. A run of 90 s and more has one round of 90 s at its natural pace; shorter ones hurry. */
export function planFaults(wishes: FaultWishes): FaultPlan {
  const roundMs = Math.min(wishes.forMs ?? fullRoundMs, fullRoundMs);
  const haste = roundMs / fullRoundMs;
  const redisDownMs = wishes.redisDownMs ?? 30_000;
  const faults: { readonly fault: Fault; atMs: number }[] = places.map(({ fault, at }) => ({
    fault,
    atMs: Math.round(at * roundMs),
  }));
  const { redisKillAtMs } = wishes;
  if (redisKillAtMs !== undefined) {
    postponeQueueFaults(faults, {
      fromMs: redisKillAtMs - redisRecoveryMs,
      toMs: redisKillAtMs + redisDownMs + redisRecoveryMs,
    });
    faults.push({ fault: "redis-down", atMs: redisKillAtMs });
  }
  faults.push(...planToggles(wishes.toggleCount ?? 0, roundMs));
  return {
    faults: faults.sort((a, b) => a.atMs - b.atMs),
    restart: { downMs: Math.round(6_000 * haste), pauseMs: Math.round(5_000 * haste) },
    redisDownMs,
    roundMs,
  };
}

/** What a queue drops cannot be read anywhere later, so it waits until the store hears of it; a log can wait. */
function postponeQueueFaults(
  faults: { readonly fault: Fault; atMs: number }[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): void {
  let nextMs = toMs;
  for (const planned of faults) {
    const isOverQueue = planned.fault === "full-queue" || planned.fault === "killed-consumer";
    if (!isOverQueue || planned.atMs < fromMs || planned.atMs > toMs) continue;
    planned.atMs = nextMs;
    nextMs += betweenQueueFaultsMs;
  }
}

/** Evenly over the round, with its first and last tenth left alone: the run begins and ends recording. */
function planToggles(count: number, roundMs: number): PlannedFault[] {
  const stepMs = (0.8 * roundMs) / Math.max(1, count);
  return Array.from({ length: count }, (_, index) => ({
    fault: "toggle" as const,
    atMs: Math.round(0.1 * roundMs + index * stepMs),
  }));
}
