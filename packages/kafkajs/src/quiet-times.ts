/**
 * Who gave no evidence is left alone for a while, longer each time: a topic that is gone, a broker that is being
 * restarted. Everybody else is asked as before.
 */
export class QuietTimes {
  readonly #entries = new Map<string, { readonly failureCount: number; readonly untilMs: number }>();

  isQuiet(who: string, nowMs: number): boolean {
    return nowMs < (this.#entries.get(who)?.untilMs ?? Number.NEGATIVE_INFINITY);
  }

  failed(who: string, nowMs: number): void {
    const failureCount = (this.#entries.get(who)?.failureCount ?? 0) + 1;
    if (this.#entries.size >= maxEntries) this.#entries.clear();
    this.#entries.set(who, { failureCount, untilMs: nowMs + Math.min(longestMs, firstMs * 2 ** (failureCount - 1)) });
  }

  answered(who: string): void {
    if (this.#entries.size > 0) this.#entries.delete(who);
  }
}

const maxEntries = 10_000;
const firstMs = 250;
const longestMs = 5_000;
