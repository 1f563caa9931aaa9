import type { Deaths } from "./deaths.ts";
import type { RangeSet } from "./range-set.ts";
import type { ReceiptTotals } from "./testimony-report.ts";

/** What one RabbitMQ consumer knows of one stream. */
export interface StreamDeliveries {
  readonly producerId: string;
  /** Everything delivered, first deliveries and redeliveries alike. */
  readonly received: RangeSet;
  /** The part of `received` that came as a first delivery (no `redelivered`, no count, no grown `x-death`). */
  readonly fresh: RangeSet;
  /** First-delivered twice within this report: published twice. */
  readonly twice: RangeSet;
  readonly processed: RangeSet;
  /** nack or reject without requeue: the application's own disposition. */
  readonly rejected: RangeSet;
  /** Copies of these were met behind the queue's dead-letter exchange. Absent = none. */
  readonly deaths?: Deaths;
}

/**
 * What one consumer (one `consume` call, or the `get` calls of one channel) reports of one lane for its queue: one
 * atomic write, chained like a testimony. Per stream the sets hold what is new since the last stored report, or all.
 * A dead letter that it meets goes to the lane that the message was sent in, for the queue that it died in.
 */
export interface DeliveryReport {
  readonly queue: string;
  readonly consumerId: string;
  readonly clientId: string;
  readonly number: number;
  readonly nonce: string;
  readonly buildsOn: string;
  readonly whole: boolean;
  readonly streams: readonly StreamDeliveries[];
  /** Highest first delivery by this consumer, by stream; the newest 64 streams. It shows that its socket is drained. */
  readonly highest: readonly { readonly producerId: string; readonly sequence: number }[];
  readonly state: "open" | "off" | "closed";
  readonly totals: ReceiptTotals;
}

/** A consumer's line in its queue's record. `number` rises only after every lane's report was answered. */
export interface ConsumerSign {
  readonly consumerId: string;
  readonly clientId: string;
  readonly number: number;
  /** Deliveries to this consumer in its life, of any lane: two equal figures show that nothing came between. */
  readonly deliveries: number;
  readonly state: ConsumerState;
}

/** "ending": cancelled, so that the broker counts it no more, but it still holds what it has to settle. */
export type ConsumerState = "open" | "ending" | "off" | "closed";
