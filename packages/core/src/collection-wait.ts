import type { Wish } from "./collection.ts";

/** By key: since when a thing has looked the same. */
export type Waiting = ReadonlyMap<string, { readonly look: string; readonly sinceMs: number }>;

export const noWaiting: Waiting = new Map();

/** Lets what looks as before wait on, what is new or looks different start now, and what is ripe go. */
export function carryWaiting(
  before: Waiting,
  wishes: readonly Wish[],
  nowMs: number,
): { readonly waiting: Waiting; readonly ripe: readonly Wish[]; readonly nextAtMs: number } {
  const waiting = new Map<string, { readonly look: string; readonly sinceMs: number }>();
  const ripe: Wish[] = [];
  let nextAtMs = Number.POSITIVE_INFINITY;
  for (const wish of wishes) {
    const known = before.get(wish.key);
    const sinceMs = known?.look === wish.look ? known.sinceMs : nowMs;
    waiting.set(wish.key, { look: wish.look, sinceMs });
    if (sinceMs + wish.waitMs > nowMs) nextAtMs = Math.min(nextAtMs, sinceMs + wish.waitMs);
    else if (ripe.length < maxAtOnce) ripe.push(wish);
    else nextAtMs = nowMs;
  }
  return { waiting, ripe, nextAtMs };
}

/** What goes in one write: a script must not hold the store up. */
const maxAtOnce = 200;
