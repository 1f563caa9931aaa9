import type { LaneDeliveries } from "./deliveries.ts";

/** What became of a delivery: acked, refused for good, or put back into its queue. */
export type Settlement = "processed" | "rejected" | "requeued";

/** A delivery that waits for an ack. */
export interface Delivery {
  readonly account: LaneDeliveries;
  readonly producerId: string;
  readonly sequence: number;
}

/**
 * The deliveries of one channel that wait for an ack, by delivery tag. Tags rise by one a delivery, across all
 * consumers and `get`s of the channel, and "multiple" reaches over all of them: so this belongs to the channel.
 *
 * Only deliveries that are accounted for are added; tags of others are settled without effect.
 */
export class Unsettled<One extends Delivery = Delivery> {
  /** In the order of delivery, which is the order of tags. */
  readonly #byTag = new Map<number, One>();
  readonly #acked: (delivery: One) => "settled" | "held";
  #highestTag = 0;

  /** `acked` hears of each ack before it is booked; what it answers to be held is finished by `finish`. */
  constructor(acked: (delivery: One) => "settled" | "held" = () => "settled") {
    this.#acked = acked;
  }

  get count(): number {
    return this.#byTag.size;
  }

  get highestTag(): number {
    return this.#highestTag;
  }

  /**
   * A delivery that has to be settled. Past `maxUnsettled` the oldest is forgotten: received, never settled, which is
   * what such a backlog looks like from outside.
   */
  add(tag: number, delivery: One): void {
    this.#highestTag = tag;
    this.#byTag.set(tag, delivery);
    delivery.account.unsettledCount += 1;
    if (this.#byTag.size <= maxUnsettled) return;
    for (const oldest of this.#byTag.keys()) {
      this.#settleOne(oldest, "requeued");
      return;
    }
  }

  /** With `multiple` everything up to the tag; tag 0 with `multiple` is everything (ackAll, nackAll). */
  settle(tag: number, multiple: boolean, settlement: Settlement): void {
    if (!multiple) {
      this.#settleOne(tag, settlement);
      return;
    }
    for (const open of this.#byTag.keys()) {
      if (tag !== 0 && open > tag) return;
      this.#settleOne(open, settlement);
    }
  }

  /** The channel is gone: the broker puts back what was open, and an ack that it never read is undone by that. */
  requeueAll(): void {
    this.settle(0, true, "requeued");
  }

  #settleOne(tag: number, settlement: Settlement): void {
    const delivery = this.#byTag.get(tag);
    if (delivery === undefined) return;
    this.#byTag.delete(tag);
    if (settlement !== "processed" || this.#acked(delivery) === "settled") finish(delivery, settlement);
  }
}

/** Books what became of a delivery that is no longer waited for. */
export function finish({ account, producerId, sequence }: Delivery, settlement: Settlement): void {
  account.unsettledCount -= 1;
  if (settlement === "processed") account.processed(producerId, sequence);
  else if (settlement === "rejected") account.rejected(producerId, sequence);
}

const maxUnsettled = 100_000;
