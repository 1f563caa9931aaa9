import type { KafkaReading } from "@seqwatch/core";

/**
 * The reading of a partition beyond those that its topic has: metadata lists every partition of a topic, so this one is
 * not there. Whether it is only about to be added, a later reading tells; and of a topic without any partition nothing
 * is known.
 */
export function readingWithoutPartition(
  partition: number,
  partitionCount: number,
  times: Pick<KafkaReading, "beganAtMs" | "endedAtMs">,
): KafkaReading | undefined {
  if (partitionCount === 0 || partition < partitionCount) return undefined;
  return {
    kind: "kafka",
    ...times,
    leader: nobody,
    partitionCount,
    logStart: 0,
    logEnd: 0,
    highWatermark: 0,
    lastStableOffset: 0,
    compacted: undefined,
    extracts: [],
    groups: new Map(),
  };
}

const nobody = -1;
