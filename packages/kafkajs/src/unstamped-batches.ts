import { reasonOf } from "./send-outcome.ts";
import type { SendSurroundings, TopicSend } from "./topic-send.ts";

/** The stamped messages were refused; what went out in their place is not audited. */
export function bookUnstamped(sends: readonly TopicSend[], surroundings: SendSurroundings): void {
  for (const { topic, batches } of sends) {
    for (const { run, partition, indexes } of batches) {
      run?.voided("unstamped");
      surroundings.unaudited(topic, partition, indexes.length);
    }
  }
}

/** Counts what went out without a stamp, beside what was stamped. */
export function countUnstamped(sends: readonly TopicSend[], surroundings: SendSurroundings): void {
  for (const { topic, batches } of sends) {
    for (const { run, partition, indexes } of batches) {
      if (run === undefined) surroundings.unaudited(topic, partition, indexes.length);
    }
  }
}

/**
 * Books a rejected send's batches without a stamp. What was certainly not stored gets its sequences now: nobody will
 * ever meet them, and without them a message that is too large for a stamp could be refused and swallowed unseen.
 */
export function voidUnstamped(sends: readonly TopicSend[], error: unknown, surroundings: SendSurroundings): void {
  const reason = reasonOf(error, sends);
  if (reason === undefined) {
    countUnstamped(sends, surroundings);
    return;
  }
  for (const { topic, batches, originals } of sends) {
    for (const batch of batches) {
      if (batch.run !== undefined) continue;
      const run = surroundings.openRun(topic, batch.partition);
      if (run === undefined) continue;
      for (const index of batch.indexes) {
        surroundings.stamped(run, run.next(), originals[index] ?? {}, topic);
      }
      run.voided(reason);
    }
  }
}
