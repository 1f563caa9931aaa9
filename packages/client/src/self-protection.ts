/** So many internal errors within the window switch a client's recording off. */
export const maxInternalErrors = 10;
/** In this time, milliseconds. */
export const internalErrorWindowMs = 60_000;

/**
 * Counts the failures of our own code, and says when there are too many of them in a short time. What is outside (the
 * store, a broker, a function of the application's) is not counted here: it is expected to fail, and has its own bounds.
 */
export class SelfProtection {
  /** When the newest errors were, oldest first; never more than the limit. */
  #atMs: number[] = [];

  /** Another internal error. True: it was one too many. */
  isTooMuch(nowMs: number): boolean {
    this.#atMs = [...this.#atMs.slice(1 - maxInternalErrors), nowMs];
    const oldestMs = this.#atMs[0] ?? nowMs;
    return this.#atMs.length === maxInternalErrors && nowMs - oldestMs < internalErrorWindowMs;
  }

  /** Somebody switched recording on again: it begins anew. */
  reset(): void {
    this.#atMs = [];
  }
}

/** After what a client switched itself off. The error's own text stays in the process: nobody knows what is in it. */
export function reasonOf(where: string, error: unknown): string {
  const kind = error instanceof Error ? error.name : typeof error;
  return `${maxInternalErrors} internal errors within ${internalErrorWindowMs / 1_000} s, the last in ${where} (${kind})`;
}

/** What a person is told, and what to do. */
export function textOfOff(service: string, reason: string): string {
  return `${service} has switched its own recording off after ${reason}. Messages flow as without Seqwatch, and nothing is concluded from what is not recorded. Report the errors above to Seqwatch; then start the process again, or call setRecording(true).`;
}
