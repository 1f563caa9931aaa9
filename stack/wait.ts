import { setTimeout as delay } from "node:timers/promises";

/** How long to wait and how often to look, in milliseconds. */
export interface WaitOptions {
  readonly limitMs: number;
  readonly everyMs?: number;
}

/** Looks again and again until the condition holds. Replies false when the limit passed first. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { limitMs, everyMs = 25 }: WaitOptions,
): Promise<boolean> {
  const giveUpAt = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() >= giveUpAt) return false;
    await delay(everyMs);
  }
  return true;
}
