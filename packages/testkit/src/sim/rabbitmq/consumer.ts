import { ConsumerReports } from "./consumer-reports.ts";
import { SimProcess } from "./process.ts";
import type { Channel, Entry, SimQueue } from "./queue.ts";
import { fate, mark, type SimMessage } from "./truth.ts";
import { newId, strikes, type World } from "./world.ts";

/** A process that consumes one queue and reports what it got, as the adapter for amqplib does. */
export class SimConsumer {
  readonly process: SimProcess;
  readonly queue: SimQueue;
  readonly consumerId: string;
  readonly #world: World;
  readonly #channel: Channel;
  readonly #reports: ConsumerReports;
  readonly #work: { readonly meanMs: number; readonly concurrency: number };
  /** Read from the socket and waiting for their turn: handlers overlap up to `concurrency`. */
  #backlog: (() => void)[] = [];
  #inWork = 0;
  #lastArrivalMs = 0;
  #stalledUntilMs = 0;
  #isDropping = false;

  constructor(world: World, queue: SimQueue) {
    this.#world = world;
    this.queue = queue;
    this.process = new SimProcess(world, "c");
    this.consumerId = newId(world, "k");
    const { random } = world;
    this.#work = {
      meanMs: strikes(world, "slowShare") ? random.between(50, 250) : random.between(1, 25),
      concurrency: random.integer(1, 8),
    };
    this.#channel = {
      noAck: strikes(world, "noAckShare"),
      prefetch: random.pick([1, 5, 20, 50]) ?? 1,
      unacked: new Map(),
      isOpen: true,
      deliver: (entry, tag, redelivered) => this.#deliver(entry, tag, redelivered),
    };
    this.#reports = new ConsumerReports(world, {
      process: this.process,
      queue: queue.name,
      consumerId: this.consumerId,
    });
    world.clock.after(random.between(0.5, 10), () => this.#attach());
  }

  get isOpen(): boolean {
    return this.#channel.isOpen && this.process.isAlive;
  }

  /** SIGKILL. The broker notices at once, or only when the heartbeat fails. */
  kill(): void {
    const { clock, random } = this.#world;
    this.process.kill();
    this.#vanishUnread();
    clock.after(random.chance(0.8) ? random.between(1, 200) : random.between(500, 9_000), () =>
      this.queue.detach(this.#channel),
    );
  }

  /** The broker closed the channel: what was not settled is given back. The process tells that it ended, and goes. */
  dropChannel(): void {
    this.queue.detach(this.#channel);
    this.close();
  }

  /** A clean end. Some cancel and finish their work first, some close at once and let the broker take it all back. */
  close(): void {
    const { random, clock } = this.#world;
    const isGraceful = this.#channel.noAck || random.chance(0.5);
    this.process.run(() => {
      this.#isDropping = !isGraceful;
      clock.after(random.between(0.3, 2), () => {
        this.#channel.isOpen = false;
        this.#reports.end();
        // The answer to a cancel comes after everything that was sent before it.
        const drainMs = isGraceful ? Math.max(random.between(5, 400), this.#lastArrivalMs - clock.nowMs + 1) : 3;
        this.process.after(drainMs, () => {
          this.queue.detach(this.#channel);
          this.#reports.close();
        });
      });
    });
  }

  /** The live switch goes off, and on again after a while. */
  switchOff(forMs: number): void {
    this.#reports.switchOff(forMs);
  }

  /**
   * Deliveries and answers stay under way for a while, in order. Of a consumer that acknowledges nothing nobody knows
   * what is under way to it: that its network stands still for no longer than a few seconds is an assumption.
   */
  stallNetwork(forMs: number): void {
    const longest = this.#channel.noAck ? maxUnseenStallMs : Number.POSITIVE_INFINITY;
    this.#stalledUntilMs = this.#world.clock.nowMs + Math.min(forMs, longest);
  }

  #attach(): void {
    if (!this.process.isAlive || !this.#channel.isOpen) return;
    if (!this.#world.broker.isUp) return this.#world.clock.after(500, () => this.#attach());
    this.queue.attach(this.#channel);
  }

  #deliver(entry: Entry, tag: number, redelivered: boolean): void {
    const { clock, random } = this.#world;
    const { message, isReturned } = entry;
    // One channel keeps the order on its way; a busy event loop leaves it in the socket for a while.
    const soonestMs = Math.max(clock.nowMs, this.#stalledUntilMs) + random.between(0.1, 3);
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, soonestMs);
    if (random.chance(0.002)) this.#lastArrivalMs += random.between(10, 80);
    const arrive = (): void => this.#read(message, tag, !redelivered && !isReturned);
    clock.at(this.#lastArrivalMs, () => {
      if (!this.process.isAlive) return this.#lose(message);
      this.process.run(arrive);
    });
  }

  /** What lay in the socket of a consumer without acknowledgements dies with it. */
  #lose(message: SimMessage): void {
    if (this.#channel.noAck) mark(message, this.queue.name, fate.vanished);
  }

  #vanishUnread(): void {
    this.#backlog = [];
  }

  #read(message: SimMessage, tag: number, isFresh: boolean): void {
    // amqplib drops what arrives after a close; the broker takes it back.
    if (!this.#channel.noAck && (this.#isDropping || !this.#channel.unacked.has(tag))) return;
    this.#reports.deliveryCount += 1;
    mark(message, this.queue.name, fate.read);
    const isRecorded = this.#reports.isRecording;
    if (isRecorded) this.#reports.of(message.lane).deliveries.received(message.producerId, message.sequence, isFresh);
    this.#backlog.push(() => this.#handle(message, tag, isRecorded));
    this.#startWork();
  }

  #startWork(): void {
    while (this.#inWork < this.#work.concurrency) {
      const next = this.#backlog.shift();
      if (next === undefined) return;
      this.#inWork += 1;
      next();
    }
  }

  #handle(message: SimMessage, tag: number, isRecorded: boolean): void {
    const { random } = this.#world;
    const workMs = random.chance(0.005) ? random.between(1_000, 6_000) : random.waiting(this.#work.meanMs);
    this.process.after(workMs, () => {
      this.#inWork -= 1;
      this.#settle(message, tag, isRecorded);
      this.#startWork();
    });
  }

  #settle(message: SimMessage, tag: number, isRecorded: boolean): void {
    const { deliveries } = this.#reports.of(message.lane);
    const { producerId, sequence } = message;
    if (this.#channel.noAck) {
      mark(message, this.queue.name, fate.processed);
      if (isRecorded) deliveries.processed(producerId, sequence);
      return;
    }
    // On a closed channel the acknowledgement throws: the work may be done, the message comes again.
    if (!this.#channel.unacked.has(tag)) return;
    if (strikes(this.#world, "requeueShare")) return this.#answer(() => this.queue.nack(this.#channel, tag, true));
    if (strikes(this.#world, "rejectShare")) {
      mark(message, this.queue.name, fate.rejected);
      if (isRecorded) deliveries.rejected(producerId, sequence);
      return this.#answer(() => this.queue.nack(this.#channel, tag, false));
    }
    mark(message, this.queue.name, fate.processed);
    if (isRecorded) deliveries.processed(producerId, sequence);
    this.#answer(() => this.queue.ack(this.#channel, tag));
  }

  /** An answer to the broker: what is sent before the end still arrives. */
  #answer(settle: () => void): void {
    const { clock, random } = this.#world;
    clock.at(Math.max(clock.nowMs, this.#stalledUntilMs) + random.between(0.1, 1), settle);
  }
}

const maxUnseenStallMs = 4_000;
