import { setTimeout as delay } from "node:timers/promises";

/**
 * What a load rests between two of its acts, or a fault lasts: it sets the pace of what a row does, and nothing is ever
 * concluded from it. Who waits for an effect waits for the effect, by `until`. Ends early, without an error, by its signal.
 */
export async function pace(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(Math.max(0, ms), undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}

/** A fault that strikes at any instant, wherever everybody happens to be. */
export async function anyInstant(withinMs: number): Promise<void> {
  await pace(Math.random() * withinMs);
}
