/** Waits longer after each failure: no call within the pause, and one success ends it. Time is a parameter. */
export class BackOff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #pauseMs = 0;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(firstMs: number, maxMs: number) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
  }

  mayTry(nowMs: number): boolean {
    return nowMs >= this.#untilMs;
  }

  failed(nowMs: number): void {
    this.#pauseMs = Math.min(this.#maxMs, this.#pauseMs === 0 ? this.#firstMs : this.#pauseMs * 2);
    this.#untilMs = nowMs + this.#pauseMs;
  }

  succeeded(): void {
    this.#pauseMs = 0;
    this.#untilMs = Number.NEGATIVE_INFINITY;
  }
}
