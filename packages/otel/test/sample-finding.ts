import type { Finding } from "@seqwatch/core";

/** A confirmed loss of three Kafka messages, as the auditor would tell it; a test says what it needs otherwise. */
export function sampleFinding(change: Partial<Finding> = {}): Finding {
  return {
    id: "kafka/main/orders/3:abcdefghijk:billing:5:1",
    lane: { system: "kafka", cluster: "main", destination: "orders", partition: "3" },
    producerId: "abcdefghijk",
    group: "billing",
    state: "confirmed",
    verdict: "store.missing",
    cause: undefined,
    sequences: { confirmed: [5, 6, 9, 9] },
    offsets: { low: 104, high: 108 },
    decidedBy: "The group finished every offset at which they could lie.",
    references: ["order-5", "order-6", "order-9"],
    producer: { clientId: "client-1", service: "orders-api" },
    neighbours: [
      {
        sequence: 4,
        offset: 103,
        timestampMs: 1_000_000,
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      },
      { sequence: 10, offset: 109, timestampMs: 1_002_000, traceparent: undefined },
    ],
    openedAtMs: 1_003_000,
    changedAtMs: 1_006_000,
    history: [
      { state: "suspected", atMs: 1_003_000 },
      { state: "confirmed", atMs: 1_006_000 },
    ],
    ...change,
  };
}
