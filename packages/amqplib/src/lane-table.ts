import type { Lane } from "@seqwatch/core";

/**
 * Something for each lane of one cluster, found without joining texts: two look-ups a message. Bounded by whoever adds.
 */
export class LaneTable<Entry> {
  readonly #byExchange = new Map<string, Map<string, Entry>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(exchange: string, partition: string): Entry | undefined {
    return this.#byExchange.get(exchange)?.get(partition);
  }

  add(lane: Lane, entry: Entry): void {
    const byPartition = this.#byExchange.get(lane.destination) ?? new Map<string, Entry>();
    this.#byExchange.set(lane.destination, byPartition);
    if (!byPartition.has(lane.partition)) this.#size += 1;
    byPartition.set(lane.partition, entry);
  }

  delete(lane: Lane): void {
    const byPartition = this.#byExchange.get(lane.destination);
    if (byPartition?.delete(lane.partition) !== true) return;
    this.#size -= 1;
    if (byPartition.size === 0) this.#byExchange.delete(lane.destination);
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (const byPartition of this.#byExchange.values()) yield* byPartition.values();
  }
}
