import type { PassSummary } from "./auditor.ts";

export interface PassLoop {
  /** The next few passes follow each other quickly: the readings that a fresh suspicion needs are then soon there. */
  hurry(): void;
  /** Lets the pass under way end, and no further one begin. */
  close(): Promise<void>;
}

/** As many readings as it takes to know where a message can lie, and to have looked there. */
const hurriedPasses = 3;
const hurriedIntervalMs = 100;

/**
 * Repeats passes: one begins `intervalMs` after the one before began, at once where it took longer or left lanes over.
 * A pass that rejects is reported, and the next one comes all the same.
 */
export function startPassLoop(options: {
  readonly pass: () => Promise<PassSummary>;
  readonly intervalMs: number;
  readonly nowMs: () => number;
  readonly passed: (summary: PassSummary) => void;
  readonly failed: (error: unknown) => void;
}): PassLoop {
  const { pass, intervalMs, nowMs, passed, failed } = options;
  const closing = new AbortController();
  let pausing = new AbortController();
  let hurriedLeft = 0;

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      const beganAtMs = nowMs();
      let hasMore = false;
      try {
        const summary = await pass();
        hasMore = summary.hasMore;
        passed(summary);
      } catch (error) {
        failed(error);
      }
      await rest(beganAtMs, hasMore);
      hurriedLeft = Math.max(0, hurriedLeft - 1);
    }
  }

  /** A hurry ends the pause under way, and what is left of a shorter one follows. */
  async function rest(beganAtMs: number, hasMore: boolean): Promise<void> {
    do {
      pausing = new AbortController();
      const paceMs = hurriedLeft > 0 ? Math.min(hurriedIntervalMs, intervalMs) : intervalMs;
      const pauseMs = hasMore ? 0 : Math.max(0, beganAtMs + paceMs - nowMs());
      await pause(pauseMs, AbortSignal.any([closing.signal, pausing.signal]));
    } while (pausing.signal.aborted && !closing.signal.aborted);
  }

  const running = run();
  return {
    hurry: () => {
      hurriedLeft = hurriedPasses;
      pausing.abort();
    },
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

/** Ends early, and without an error, when the signal does. Even a pause of nothing lets other work in. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => resolve();
  const timer = setTimeout(end, ms);
  signal.addEventListener("abort", end);
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
}
