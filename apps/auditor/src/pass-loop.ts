import type { PassSummary } from "./auditor.ts";

export interface PassLoop {
  /** Lets the pass under way end, and no further one begin. */
  close(): Promise<void>;
}

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
      await pause(hasMore ? 0 : Math.max(0, beganAtMs + intervalMs - nowMs()), closing.signal);
    }
  }

  const running = run();
  return {
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
