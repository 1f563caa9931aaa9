import { EventEmitter } from "node:events";
import { type Client, createClient, type Host } from "@seqwatch/client";
import { createMemoryStore, type Lane, type Notice, type Store } from "@seqwatch/core";

/** A machine whose time moves only when it is told to. */
export class FakeHost implements Host {
  readonly env = {};
  readonly hostName = "fake";
  readonly pid = 1;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  #nowMs = 0;
  #random = 0;

  nowMs(): number {
    return this.#nowMs;
  }
  wallMs(): number {
    return this.#nowMs;
  }
  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
  hold(delayMs: number, run: () => void): () => void {
    return this.after(delayMs, run);
  }
  /** Different each time, and the same in every run. */
  randomBytes(count: number): Uint8Array {
    this.#random += 1;
    return Uint8Array.from({ length: count }, (_, index) => (this.#random >> (8 * (index % 4))) & 255);
  }
  async readText(): Promise<undefined> {
    return undefined;
  }
  writeLine(): void {}
  onEnd(): () => void {
    return () => {};
  }

  /** Lets time pass, timer by timer, each with everything that follows from it. */
  async pass(durationMs: number): Promise<void> {
    const untilMs = this.#nowMs + durationMs;
    for (;;) {
      await settle();
      const next = [...this.#timers].sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = untilMs;
  }
}

/** Runs everything that waits for promises alone. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export interface FakeBench {
  readonly host: FakeHost;
  readonly store: Store;
  readonly client: Client;
  readonly notices: readonly Notice[];
}

export function createFakeBench(): FakeBench {
  const host = new FakeHost();
  const store = createMemoryStore();
  const notices: Notice[] = [];
  const observer = { finding: () => {}, notice: (notice: Notice) => void notices.push(notice) };
  return { host, store, notices, client: createClient({ service: "tests", store, host, observer, cluster: "shop" }) };
}

export function laneOf(exchange: string, key: string): Lane {
  return { system: "rabbitmq", cluster: "shop//", destination: exchange, partition: key };
}

interface FakePublish {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Uint8Array;
  readonly options: { readonly headers?: Readonly<Record<string, unknown>>; readonly persistent?: boolean } | undefined;
}

/** The shape of a channel of amqplib, without a broker: what was published, and events at will. */
export class FakeChannel extends EventEmitter {
  readonly connection = { serverProperties: { cluster_name: "rabbit@shop" }, frameMax: 131_072 };
  readonly published: FakePublish[] = [];
  readonly settled: unknown[][] = [];
  handler: ((message: unknown) => unknown) | undefined;
  #tag = 0;

  publish(
    exchange: string,
    routingKey: string,
    content: Uint8Array,
    options?: FakePublish["options"],
    _confirmed?: unknown,
  ): boolean {
    this.published.push({ exchange, routingKey, content, options });
    return true;
  }
  async consume(_queue: string, handler: (message: unknown) => unknown, _options?: object) {
    this.handler = handler;
    return { consumerTag: "tag" };
  }
  async cancel(_tag: string) {
    return {};
  }
  ack(...args: unknown[]): void {
    this.settled.push(args);
  }

  /** Delivers what was published as its `index`th message. */
  deliver(index: number): object {
    const { exchange, routingKey, content, options } = this.published[index] ?? this.#missing(index);
    this.#tag += 1;
    const fields = { deliveryTag: this.#tag, redelivered: false, exchange, routingKey };
    const message = { fields, properties: { headers: options?.headers }, content };
    this.handler?.(message);
    return message;
  }

  #missing(index: number): never {
    throw new Error(`No message ${index} was published.`);
  }
}

/** A connection that makes such channels. */
export class FakeConnection {
  readonly channels: FakeChannel[] = [];

  async createChannel(): Promise<FakeChannel> {
    const channel = new FakeChannel();
    this.channels.push(channel);
    return channel;
  }
  async createConfirmChannel(): Promise<FakeChannel> {
    const channel = new FakeChannel();
    this.channels.push(channel);
    return channel;
  }
  async close(): Promise<void> {}
}
