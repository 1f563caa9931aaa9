/** What was held back in a minute that is over. */
export interface Folded {
  readonly count: number;
  /** How many of each kind. */
  readonly byKind: ReadonlyMap<string, number>;
}

/** Lets a limited number through each minute and counts what it holds back. Time is a parameter. */
export class RateCap {
  readonly #perMinute: number;
  #minute = Number.NEGATIVE_INFINITY;
  #passed = 0;
  #held = new Map<string, number>();

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
  }

  /** Whether one of this kind may pass now; one that may not is counted. Call `takeFolded` first. */
  admit(kind: string, nowMs: number): boolean {
    const minute = Math.floor(nowMs / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#passed = 0;
    }
    if (this.#passed < this.#perMinute) {
      this.#passed++;
      return true;
    }
    this.#held.set(kind, (this.#held.get(kind) ?? 0) + 1);
    return false;
  }

  /** What was held back, once the minute in which it was is over; with `always`, at once. */
  takeFolded(nowMs: number, always = false): Folded | undefined {
    if (this.#held.size === 0) return undefined;
    if (!always && Math.floor(nowMs / 60_000) === this.#minute) return undefined;
    const byKind = this.#held;
    this.#held = new Map();
    let count = 0;
    for (const held of byKind.values()) count += held;
    return { count, byKind };
  }
}
