import type { ConsumerSign } from "./delivery-report.ts";
import type { QueueRecord } from "./lane-record.ts";
import { maxClosedMembers } from "./stored-lane.ts";

export const emptyQueue: QueueRecord = { consumers: new Map(), doubtToken: "" };

/** Takes over the signs that are newer; of the closed consumers only the latest are kept. */
export function mergeConsumerSigns(queue: QueueRecord, signs: readonly ConsumerSign[]): QueueRecord {
  const consumers = new Map(queue.consumers);
  for (const { consumerId, ...sign } of signs) {
    if (sign.number <= (consumers.get(consumerId)?.number ?? -1)) continue;
    // Entered anew, so that the map stays in the order of the latest signs.
    consumers.delete(consumerId);
    consumers.set(consumerId, sign);
  }
  const closed = [...consumers].filter(([, { state }]) => state === "closed");
  for (const [oldest] of closed.slice(0, Math.max(0, closed.length - maxClosedMembers))) consumers.delete(oldest);
  return { ...queue, consumers };
}
