import type { QueueReading } from "@seqwatch/core";
import { BackOff } from "./back-off.ts";

/** The answer to a passive declare. */
interface Declared {
  readonly consumerCount: number;
  /** Those that are ready. */
  readonly messageCount: number;
}

/** The part of amqplib's channel that is used. */
export interface CountingChannel {
  checkQueue(queue: string): Promise<Declared>;
  close(): Promise<void>;
  on(event: "error" | "close", listener: (error?: unknown) => void): unknown;
}

/** The part of amqplib's connection that is used. */
export interface CountingConnection {
  createChannel(): Promise<CountingChannel>;
  close(): Promise<void>;
  on(event: "error" | "close", listener: (error?: unknown) => void): unknown;
}

export type ConsumerCount =
  | { readonly kind: "counted"; readonly consumerCount: number; readonly readyCount: number }
  | { readonly kind: "absent" }
  /** It is known, but nobody reaches it: the node that holds it is down. */
  | { readonly kind: "away" }
  | { readonly kind: "unknown" };

/** The counts as a reading has them; undefined = not readable. */
export function exactCounts(count: ConsumerCount): Pick<QueueReading, "consumerCount" | "readyCount"> {
  if (count.kind !== "counted") return { consumerCount: undefined, readyCount: undefined };
  return { consumerCount: count.consumerCount, readyCount: count.readyCount };
}

/**
 * Counts a queue's consumers and messages by a passive declare, which is exact at once where the management API lags. A
 * queue that is absent or refused closes the channel, so the channel is nobody else's and is opened anew.
 */
export class QueueCounter {
  readonly #connect: () => Promise<CountingConnection>;
  readonly #timeoutMs: number;
  readonly #warn: (code: string, text: string) => void;
  readonly #backOff = new BackOff(250, 10_000);
  #connection: CountingConnection | undefined;
  #channel: CountingChannel | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: {
    readonly connect: () => Promise<CountingConnection>;
    readonly timeoutMs: number;
    readonly warn: (code: string, text: string) => void;
  }) {
    this.#connect = options.connect;
    this.#timeoutMs = options.timeoutMs;
    this.#warn = options.warn;
  }

  /** One at a time, for an absent queue closes the channel under all questions that are still open. Never rejects. */
  async count(queue: string, nowMs: () => number): Promise<ConsumerCount> {
    const answer = this.#last.then(() => this.#countNow(queue, nowMs));
    this.#last = answer;
    return await answer;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
    await this.#drop();
  }

  async #countNow(queue: string, nowMs: () => number): Promise<ConsumerCount> {
    if (this.#isClosed || !this.#backOff.mayTry(nowMs())) return { kind: "unknown" };
    try {
      const { consumerCount, messageCount } = await this.#inTime(this.#check(queue));
      this.#backOff.succeeded();
      return { kind: "counted", consumerCount, readyCount: messageCount };
    } catch (error) {
      this.#channel = undefined;
      const code = codeOf(error);
      if (code === 404) return { kind: isUnknownQueue(error) ? "absent" : "away" };
      if (code === 403 || code === 405) {
        this.#warn("QUEUE_REFUSED", `RabbitMQ refuses to count the consumers of ${queue} (${code}).`);
        return { kind: "unknown" };
      }
      this.#backOff.failed(nowMs());
      this.#warn("QUEUE_UNCOUNTED", `The consumers of ${queue} could not be counted: ${String(error)}`);
      await this.#drop();
      return { kind: "unknown" };
    }
  }

  async #check(queue: string): Promise<Declared> {
    this.#connection ??= await this.#open();
    this.#channel ??= await openChannel(this.#connection, () => (this.#channel = undefined));
    return await this.#channel.checkQueue(queue);
  }

  async #open(): Promise<CountingConnection> {
    const connection = await this.#connect();
    const forget = (): void => {
      if (this.#connection !== connection) return;
      this.#connection = undefined;
      this.#channel = undefined;
    };
    // An error of the connection is followed by its close; without a listener it would end the process.
    connection.on("error", forget);
    connection.on("close", forget);
    return connection;
  }

  async #inTime<Value>(work: Promise<Value>): Promise<Value> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`no answer within ${this.#timeoutMs} ms`)), this.#timeoutMs);
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #drop(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#channel = undefined;
    // A connection that is gone already cannot be closed, and one that hangs must not hold up the end.
    if (connection !== undefined) await this.#inTime(connection.close()).catch(() => undefined);
  }
}

async function openChannel(connection: CountingConnection, forget: () => void): Promise<CountingChannel> {
  const channel = await connection.createChannel();
  // The refusal of checkQueue tells the same; without a listener it would end the process.
  channel.on("error", forget);
  channel.on("close", forget);
  return channel;
}

/** The broker answers 404 as well where it knows the queue and its node is down; only its words tell the two apart. */
function isUnknownQueue(error: unknown): boolean {
  return error instanceof Error && error.message.includes("no queue '");
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
