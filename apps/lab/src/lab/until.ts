import { setTimeout as delay } from "node:timers/promises";
import { LabError } from "../lab-error.ts";

const lookEveryMs = 50;
const defaultLimitMs = 60_000;

/** Waits for a condition; rejects with its name once the limit has passed. A condition that throws does not hold yet. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs = defaultLimitMs,
): Promise<void> {
  const giveUpAtMs = performance.now() + limitMs;
  let failure: unknown;
  while (performance.now() < giveUpAtMs) {
    try {
      if (await holds()) return;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await delay(lookEveryMs);
  }
  const why = failure instanceof Error ? ` (${failure.message})` : "";
  throw new LabError("LAB_TIMED_OUT", `Waited ${limitMs / 1_000} s in vain for ${what}${why}.`, { cause: failure });
}
