import type { Client, Registration } from "@seqwatch/client";
import { type ConsumerSign, keepWithinBudget } from "@seqwatch/core";
import { inGroups } from "./in-groups.ts";
import { type ConsumerOptions, QueueConsumer } from "./queue-consumer.ts";

/** A queue of a cluster. */
interface Place {
  readonly cluster: string;
  readonly queue: string;
}

/**
 * All consumers of a client. A round writes the reports of every lane, then the doubts, then the consumers' signs: a
 * sign says that everything before it is in the store, so nothing may be left out before it.
 */
export class Consumers {
  readonly #client: Client;
  readonly #registration: Registration;
  readonly #consumers = new Set<QueueConsumer>();
  /** Queues that the store must still hear a doubt of, by place. */
  readonly #doubts = new Map<string, Place>();
  /** Queues that this process has to do with, for changes that name an exchange alone. */
  readonly #places = new Map<string, Place>();
  #cancelOff: () => void = () => {};

  constructor(client: Client) {
    this.#client = client;
    this.#registration = client.register("consumer", {
      report: () => this.#report(),
      isUnderLoad: () => [...this.#consumers].some((consumer) => consumer.isUnderLoad),
    });
    client.onRecordingChange(() => this.#followSwitch());
  }

  /** A consumer that starts; the store hears of it at once, before its first delivery where that is possible. */
  open(options: Omit<ConsumerOptions, "client">): QueueConsumer {
    const consumer = new QueueConsumer({ ...options, client: this.#client });
    this.#consumers.add(consumer);
    this.know(options.cluster, options.queue);
    this.#client.addRole(`rabbitmq queue ${options.queue}`);
    this.#registration.soon();
    return consumer;
  }

  /** A consumer that ended: its last reports and its sign go out at once. */
  soon(): void {
    this.#registration.soon();
  }

  /** Accounting went wrong somewhere: every queue is in doubt before anybody signs again. */
  distrust(): void {
    for (const consumer of this.#consumers) consumer.missed();
  }

  know(cluster: string, queue: string): void {
    if (queue !== "" && this.#places.size < maxPlaces) this.#places.set(keyOf({ cluster, queue }), { cluster, queue });
  }

  /** Something changed what reaches a queue: what is on its way now may or may not have. */
  doubt(cluster: string, queue: string): void {
    if (queue === "") return;
    this.know(cluster, queue);
    this.#noteDoubt({ cluster, queue });
    this.#registration.soon();
  }

  /** A change at an exchange: any queue behind it may be concerned. */
  doubtAll(cluster: string): void {
    for (const place of this.#places.values()) if (place.cluster === cluster) this.doubt(cluster, place.queue);
  }

  /** A new object each time: a doubt that is noted while another one is being written has to be written too. */
  #noteDoubt({ cluster, queue }: Place): void {
    this.#doubts.set(keyOf({ cluster, queue }), { cluster, queue });
  }

  #followSwitch(): void {
    for (const consumer of this.#consumers) consumer.followSwitch();
    this.#registration.soon();
    // Whoever switched itself off does nothing more; its queues are in doubt before it signs again.
    if (this.#client.isOffByItself) this.#settleOff([...this.#consumers]);
    // A store that does not answer must not keep the accounting on: the doubt stays noted and goes out before any sign.
    this.#cancelOff();
    this.#cancelOff = this.#client.host.after(offLimitMs, () => this.#settleOff([...this.#consumers]));
  }

  #settleOff(consumers: readonly QueueConsumer[]): void {
    for (const consumer of consumers) consumer.settleOff();
  }

  async #report(): Promise<void> {
    const nowMs = this.#client.host.nowMs();
    const consumers = [...this.#consumers];
    keepWithinBudget(consumers.flatMap((consumer) => consumer.accounts));
    const signs = new Map<QueueConsumer, ConsumerSign>();
    await inGroups(consumers, async (consumer) => {
      const sign = await consumer.report(nowMs);
      if (sign !== undefined) signs.set(consumer, sign);
    });
    for (const consumer of consumers) if (consumer.takeBlind()) this.#noteDoubt(consumer);
    await this.#writeDoubts();
    await this.#sign(signs);
    // Whoever was switched off meanwhile is not among these signs as off: the next round settles it.
    this.#settleOff([...signs].filter(([, sign]) => sign.state === "off").map(([consumer]) => consumer));
  }

  async #writeDoubts(): Promise<void> {
    await inGroups([...this.#doubts], async ([key, place]) => {
      await this.#client.store.doubtQueue(place.cluster, place.queue, this.#client.newNonce());
      if (this.#doubts.get(key) === place) this.#doubts.delete(key);
    });
  }

  async #sign(signs: ReadonlyMap<QueueConsumer, ConsumerSign>): Promise<void> {
    const byPlace = new Map<string, { readonly place: Place; readonly signed: [QueueConsumer, ConsumerSign][] }>();
    for (const [consumer, sign] of signs) {
      const { cluster, queue } = consumer;
      const key = keyOf(consumer);
      const entry = byPlace.get(key) ?? { place: { cluster, queue }, signed: [] };
      entry.signed.push([consumer, sign]);
      byPlace.set(key, entry);
    }
    await inGroups([...byPlace.values()], async ({ place, signed }) => {
      const lines = signed.map(([, sign]) => sign);
      await this.#client.store.signConsumers(place.cluster, place.queue, lines);
      for (const [consumer, sign] of signed) {
        consumer.signed(sign);
        if (consumer.isClosed) this.#consumers.delete(consumer);
      }
    });
  }
}

function keyOf({ cluster, queue }: Place): string {
  return `${cluster}\0${queue}`;
}

const offLimitMs = 1_000;
const maxPlaces = 1_000;
