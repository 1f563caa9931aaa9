import type { Attributes, BatchObservableResult, Observable } from "@opentelemetry/api";

/**
 * Observes a gauge whose series come and go. The JS SDK goes on reporting the last value of a series that is not
 * observed any more, so one that is over would raise its alarm for ever: it is observed as 0 instead.
 */
export class GaugeSeries {
  readonly #gauge: Observable;
  readonly #known = new Map<string, Attributes>();

  constructor(gauge: Observable) {
    this.#gauge = gauge;
  }

  /** All series as they are now. */
  observe(
    result: BatchObservableResult,
    series: readonly { readonly attributes: Attributes; readonly value: number }[],
  ): void {
    const over = new Map(this.#known);
    for (const { attributes, value } of series) {
      const key = JSON.stringify(attributes);
      over.delete(key);
      if (this.#known.size < maxSeries) this.#known.set(key, attributes);
      result.observe(this.#gauge, value, attributes);
    }
    for (const attributes of over.values()) result.observe(this.#gauge, 0, attributes);
  }
}

/** What the SDK itself keeps apart of one instrument. */
const maxSeries = 2_000;
