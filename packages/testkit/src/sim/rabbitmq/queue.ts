import type { Clock } from "./clock.ts";
import type { RabbitFaults } from "./faults.ts";
import type { Random } from "./random.ts";
import { fate, mark, type SimMessage } from "./truth.ts";
import { count, strikes, type World } from "./world.ts";

/** A message's place in a queue. */
export interface Entry {
  readonly message: SimMessage;
  /** Its place in the order; given back, it returns to it. */
  position: number;
  deliveredCount: number;
  expiresAtMs: number;
  /** It came back through a dead-letter cycle: its `x-death` has grown. */
  isReturned: boolean;
}

/** One consumer's channel as the broker sees it. */
export interface Channel {
  readonly noAck: boolean;
  readonly prefetch: number;
  readonly unacked: Map<number, Entry>;
  /** False: cancelled; what it holds returns only when the channel ends. */
  isOpen: boolean;
  /** Takes a delivery; `tag` settles it. */
  deliver(entry: Entry, tag: number, redelivered: boolean): void;
}

type QueueWorld = Pick<World, "clock" | "random" | "faults" | "struck">;

/** A queue of the broker: first in, first out; what is given back returns to its place. */
export class SimQueue {
  readonly name: string;
  readonly channels = new Set<Channel>();
  getCount = 0;
  /** What management last emitted. */
  statistics = { ready: 0, unacked: 0, getCount: 0 };
  isUp = true;
  /** False while it is deleted. */
  exists = true;
  #ready: Entry[] = [];
  #head = 0;
  #position = 0;
  #tag = 0;
  #getsShownAtMs = 0;
  readonly #world: QueueWorld;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #faults: RabbitFaults;

  constructor(name: string, world: QueueWorld) {
    this.#world = world;
    this.name = name;
    this.#clock = world.clock;
    this.#random = world.random;
    this.#faults = world.faults;
  }

  get readyCount(): number {
    return this.#ready.length - this.#head;
  }

  get unackedCount(): number {
    let count = 0;
    for (const channel of this.channels) count += channel.unacked.size;
    return count;
  }

  /** What a passive declare answers; a cancelled consumer is not counted. */
  get consumerCount(): number {
    let count = 0;
    for (const channel of this.channels) if (channel.isOpen) count += 1;
    return count;
  }

  /** False: refused, the queue is full. */
  enqueue(message: SimMessage): boolean {
    const { maxLength, overflow } = this.#faults;
    if (maxLength > 0 && overflow === "reject-publish" && this.readyCount >= maxLength) {
      count(this.#world, "overflow");
      return false;
    }
    mark(message, this.name, fate.routed);
    if (strikes(this.#world, "silentDropShare")) mark(message, this.name, fate.dropped);
    else this.#append(message, false);
    return true;
  }

  emitStatistics(): void {
    if (this.getCount > 0 && this.statistics.getCount === 0) this.#getsShownAtMs = this.#clock.nowMs;
    this.statistics = { ready: this.readyCount, unacked: this.unackedCount, getCount: this.getCount };
  }

  attach(channel: Channel): void {
    this.channels.add(channel);
    this.dispatch();
  }

  /** The channel ended: what it held returns. Without acknowledgements nothing was held. */
  detach(channel: Channel): void {
    if (!this.channels.delete(channel)) return;
    channel.isOpen = false;
    for (const entry of channel.unacked.values()) this.#giveBack(entry);
    channel.unacked.clear();
    this.dispatch();
  }

  /** The broker stops: every channel ends. */
  detachAll(): void {
    for (const channel of this.channels) this.detach(channel);
  }

  ack(channel: Channel, tag: number): void {
    channel.unacked.delete(tag);
    this.dispatch();
  }

  nack(channel: Channel, tag: number, requeue: boolean): void {
    const entry = channel.unacked.get(tag);
    if (entry === undefined) return;
    channel.unacked.delete(tag);
    if (requeue) this.#giveBack(entry);
    else if (this.#faults.deadLetter !== "none") this.#moveAway(entry);
    this.dispatch();
  }

  /** A foreign `get` with automatic acknowledgement. */
  get(): Entry | undefined {
    this.getCount += 1;
    return this.#takeHead();
  }

  purge(): void {
    for (let entry = this.#takeHead(); entry !== undefined; entry = this.#takeHead())
      mark(entry.message, this.name, fate.dropped);
  }

  /** Somebody takes by `get`, and no look can have seen it: such a one is there for longer, as the design assumes. */
  get hidesGets(): boolean {
    return this.getCount > 0 && (this.statistics.getCount === 0 || this.#clock.nowMs < this.#getsShownAtMs + 1_600);
  }

  /** The broker starts again: what is not on disk is gone. Nobody is attached. */
  forgetTransient(): void {
    const kept = this.#ready.slice(this.#head).filter((entry) => !this.#forget(entry));
    this.#ready = kept;
    this.#head = 0;
  }

  /** Deleted with all that it holds; whoever consumed is cancelled. */
  delete(): void {
    this.exists = false;
    this.getCount = 0;
    for (const entry of this.#ready.slice(this.#head)) mark(entry.message, this.name, fate.dropped);
    for (const channel of this.channels) {
      for (const entry of channel.unacked.values()) mark(entry.message, this.name, fate.dropped);
      channel.unacked.clear();
      channel.isOpen = false;
    }
    this.channels.clear();
    this.#ready = [];
    this.#head = 0;
  }

  #forget({ message }: Entry): boolean {
    if (message.isTransient) mark(message, this.name, fate.dropped | fate.forgotten);
    return message.isTransient;
  }

  /** Gives out what can be given out, round robin. */
  dispatch(): void {
    if (!this.isUp || !this.exists) return;
    while (this.readyCount > 0) {
      const channel = this.#nextChannel();
      if (channel === undefined) return;
      const entry = this.#takeHead();
      if (entry === undefined) return;
      this.#deliver(channel, entry);
    }
  }

  /** Everything that lies here or was handed out without an answer. */
  *contents(): Generator<SimMessage> {
    for (let at = this.#head; at < this.#ready.length; at += 1) {
      const entry = this.#ready[at];
      if (entry !== undefined) yield entry.message;
    }
    for (const channel of this.channels) for (const entry of channel.unacked.values()) yield entry.message;
  }

  /** The next with room for one more; it goes to the end of the line. */
  #nextChannel(): Channel | undefined {
    for (const channel of this.channels) {
      if (!channel.isOpen || (!channel.noAck && channel.unacked.size >= channel.prefetch)) continue;
      this.channels.delete(channel);
      this.channels.add(channel);
      return channel;
    }
    return undefined;
  }

  #deliver(channel: Channel, entry: Entry): void {
    this.#tag += 1;
    const redelivered = entry.deliveredCount > 0;
    entry.deliveredCount += 1;
    if (!channel.noAck) channel.unacked.set(this.#tag, entry);
    channel.deliver(entry, this.#tag, redelivered);
  }

  #append(message: SimMessage, isReturned: boolean): void {
    this.#position += 1;
    const { ttlMs, maxLength } = this.#faults;
    const lifeMs = Math.min(ttlMs > 0 ? ttlMs : Number.POSITIVE_INFINITY, message.expiresAfterMs);
    const expiresAtMs = this.#clock.nowMs + lifeMs;
    this.#ready.push({ message, position: this.#position, deliveredCount: 0, expiresAtMs, isReturned });
    if (maxLength > 0 && this.readyCount > maxLength) {
      count(this.#world, "maxLength");
      this.#throwAway(this.#takeHead());
    }
    this.dispatch();
  }

  #takeHead(): Entry | undefined {
    for (;;) {
      const entry = this.#ready[this.#head];
      if (entry === undefined) return undefined;
      this.#head += 1;
      if (this.#head > 1_024 && this.#head * 2 > this.#ready.length) {
        this.#ready = this.#ready.slice(this.#head);
        this.#head = 0;
      }
      if (entry.expiresAtMs > this.#clock.nowMs) return entry;
      mark(entry.message, this.name, fate.expired);
      count(this.#world, "ttlMs");
      this.#throwAway(entry);
    }
  }

  #giveBack(entry: Entry): void {
    let at = this.#head;
    while (at < this.#ready.length && (this.#ready[at]?.position ?? 0) < entry.position) at += 1;
    this.#ready.splice(at, 0, entry);
  }

  /** Dropped for length or age. */
  #throwAway(entry: Entry | undefined): void {
    if (entry === undefined) return;
    if (this.#faults.deadLetter === "cycle") this.#moveAway(entry);
    else mark(entry.message, this.name, fate.dropped);
  }

  /** To the dead-letter exchange: half of them come back after a while, the others stay there. */
  #moveAway(entry: Entry): void {
    count(this.#world, "deadLetter");
    if (this.#faults.deadLetter === "cycle" && !entry.isReturned) {
      mark(entry.message, this.name, fate.moved);
      this.#clock.after(this.#random.between(500, 8_000), () => this.#append(entry.message, true));
      return;
    }
    mark(entry.message, this.name, fate.moved);
  }
}
