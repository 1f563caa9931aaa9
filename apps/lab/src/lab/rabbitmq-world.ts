import { type Channel, type ChannelModel, connect, type Options } from "amqplib";
import { LabError } from "../lab-error.ts";

/** What a row may say of a queue; durable and classic unless told otherwise. */
export interface QueueWish extends Options.AssertQueue {
  /** An exchange to bind it to, by the keys given (the queue's own name by default). */
  readonly bindTo?: string;
  readonly keys?: readonly string[];
}

/** RabbitMQ as a row sees it without Seqwatch: to make what it needs, and to know what is true. */
export class RabbitmqWorld {
  readonly url: string;
  readonly managementUrl: string;
  readonly #name: (base: string) => string;
  readonly #queues: string[] = [];
  readonly #exchanges: string[] = [];
  readonly #connections: ChannelModel[] = [];
  #channel: Promise<Channel> | undefined;

  constructor(addresses: { readonly url: string; readonly managementUrl: string }, name: (base: string) => string) {
    this.url = addresses.url;
    this.managementUrl = addresses.managementUrl;
    this.#name = name;
  }

  /** A connection that Seqwatch does not know of. */
  async bare(url: string = this.url): Promise<ChannelModel> {
    const connection = await connect(url);
    connection.on("error", () => undefined);
    this.#connections.push(connection);
    return connection;
  }

  /** A channel that Seqwatch does not know of, for what a row has to prepare; a new one after an error. */
  async channel(): Promise<Channel> {
    this.#channel ??= (async () => {
      const channel = await (await this.bare()).createChannel();
      channel.on("error", () => undefined);
      channel.on("close", () => {
        this.#channel = undefined;
      });
      return channel;
    })();
    return await this.#channel;
  }

  /** Makes a queue; resolves to its full name. */
  async queue(base: string, { bindTo, keys, ...options }: QueueWish = {}): Promise<string> {
    const queue = this.#name(base);
    const channel = await this.channel();
    await channel.assertQueue(queue, { durable: true, ...options });
    for (const key of bindTo === undefined ? [] : (keys ?? [queue])) await channel.bindQueue(queue, bindTo ?? "", key);
    this.#queues.push(queue);
    return queue;
  }

  /** Makes an exchange; resolves to its full name. */
  async exchange(base: string, type = "direct", options: Options.AssertExchange = {}): Promise<string> {
    const exchange = this.#name(base);
    await (await this.channel()).assertExchange(exchange, type, { durable: true, ...options });
    this.#exchanges.push(exchange);
    return exchange;
  }

  /** How many messages wait in a queue that no consumer has. */
  async count(queue: string): Promise<number> {
    return (await (await this.channel()).checkQueue(queue)).messageCount;
  }

  /** Takes everything out of a queue, and tells what it was. */
  async drain(queue: string): Promise<readonly string[]> {
    const channel = await this.channel();
    const names: string[] = [];
    for (;;) {
      const message = await channel.get(queue, { noAck: true });
      if (message === false) return names;
      names.push(message.content.toString());
    }
  }

  /** The management API: `await rabbitmq.manage("PUT", "/policies/%2F/ttl", {...})`. */
  async manage(method: string, path: string, body?: unknown): Promise<unknown> {
    const url = new URL(this.managementUrl);
    const authorization = `Basic ${Buffer.from(`${url.username}:${url.password}`).toString("base64")}`;
    const response = await fetch(`${url.origin}/api${path}`, {
      method,
      headers: { authorization, "content-type": "application/json" },
      signal: AbortSignal.timeout(10_000),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new LabError("LAB_BAD_INPUT", `RabbitMQ answered ${response.status} to ${method} ${path}: ${text}`);
    }
    return text === "" ? undefined : JSON.parse(text);
  }

  async close(): Promise<void> {
    const channel = await this.channel().catch(() => undefined);
    for (const queue of this.#queues) await channel?.deleteQueue(queue).catch(() => undefined);
    for (const exchange of this.#exchanges) await channel?.deleteExchange(exchange).catch(() => undefined);
    for (const connection of this.#connections) await connection.close().catch(() => undefined);
  }
}
