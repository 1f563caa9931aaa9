import type { SendSurroundings, TopicSend } from "./topic-send.ts";

/**
 * Books a rejected send of which kafkajs never asked for the partitions (no metadata to be had, say): certainly not sent.
 * Only messages that name their partition can be booked where they belong; of the others nobody knows where they would
 * have gone.
 */
export function bookNeverStamped(sends: readonly TopicSend[], surroundings: SendSurroundings): void {
  for (const { topic, originals, batches } of sends) {
    if (batches.length > 0) continue;
    const named = originals.filter(({ partition }) => isPartition(partition));
    for (const [partition, messages] of Map.groupBy(named, (message) => Number(message.partition))) {
      const run = surroundings.openRun(topic, partition);
      if (run === undefined) continue;
      for (const message of messages) surroundings.stamped(run, run.next(), message, topic);
      run.voided("refused");
    }
  }
}

function isPartition(partition: unknown): boolean {
  return typeof partition === "number" && Number.isSafeInteger(partition) && partition >= 0;
}
