import type { QueueLimits } from "@seqwatch/core";

/** What a queue is known to be. */
interface LeasedQueue {
  readonly exists: boolean;
  readonly limits: Pick<QueueLimits, "expiresAfterMs">;
  readonly listedConsumerCount: number | undefined;
}

/**
 * Queues that a look would keep alive. A passive declare, too, begins the time anew after which an unused queue is
 * deleted: asked once a second it would live for ever (seen on RabbitMQ 3.10). With consumers no time runs; without
 * them only statistics are asked.
 */
export class QueueLeases {
  readonly #queues = new Set<string>();

  /** Whether the time of a queue may be running; of one that cannot be read now, whether it was. */
  isRunning(queue: string, known: LeasedQueue | undefined): boolean {
    if (known === undefined) return this.#queues.has(queue);
    const isRunning =
      known.exists && known.limits.expiresAfterMs !== undefined && (known.listedConsumerCount ?? 0) === 0;
    if (!isRunning) this.#queues.delete(queue);
    else if (this.#queues.size < maxQueues) this.#queues.add(queue);
    return isRunning;
  }
}

const maxQueues = 10_000;
