import { type Client, createClient } from "@seqwatch/client";
import { Consumers } from "./consumers.ts";
import { DuplicateGuard } from "./duplicate-guard.ts";
import { type AmqpOptions, type AmqpSettings, checkSettings } from "./options.ts";
import { type Below, override } from "./override.ts";
import { createPartitionOf } from "./partition.ts";
import { type AmqpConnection, type Api, isObject } from "./ports.ts";
import { Publisher } from "./publisher.ts";
import { Republished } from "./republished.ts";
import { type ChannelServices, watchChannel } from "./watch-channel.ts";

/** Watches connections for one client: what it knows of its streams outlives any of them. */
export interface AmqpWatch {
  readonly client: Client;
  /** Watches every channel that is made of this connection from now on. Gives the same object back. */
  connection<Connection extends AmqpConnection>(connection: Connection): Connection;
}

/**
 * Watches every channel that is made of this connection from now on, of amqplib's promise or callback API, with or
 * without its recovery. Gives the same object back. With the same options object, connections share one client, so a
 * connection that is made again goes on with the streams of the one before.
 *
 * ```ts
 * const connection = watchAmqp(await connect("amqp://localhost"), { service: "orders-api", store });
 * const channel = await connection.createConfirmChannel();
 * ```
 *
 * @throws ClientError for an option that cannot be used; nothing later throws because of us.
 */
export function watchAmqp<Connection extends AmqpConnection>(connection: Connection, options: AmqpOptions): Connection {
  const known = watches.get(options);
  const watch = known ?? createAmqpWatch(options);
  if (known === undefined) watches.set(options, watch);
  return watch.connection(connection);
}

const watches = new WeakMap<AmqpOptions, AmqpWatch>();

/** The watch of one client, for whoever makes connections in several places or patches amqplib's classes. */
export function createAmqpWatch(options: AmqpOptions): AmqpWatch {
  checkSettings(options);
  const client = "client" in options ? options.client : createClient(options);
  if (!client.isEnabled) return { client, connection: (connection) => connection };
  client.addRole("rabbitmq client");
  const services = createServices(client, options);
  const watched = new WeakSet<object>();
  const open = new Set<object>();
  return {
    client,
    connection: (connection) => {
      if (watched.has(connection)) return connection;
      watched.add(connection);
      open.add(connection);
      watchConnection(connection, services, open);
      return connection;
    },
  };
}

function createServices(client: Client, settings: AmqpSettings): ChannelServices {
  return {
    client,
    publisher: new Publisher(client, settings),
    consumers: new Consumers(client),
    republished: new Republished(),
    partitionOf: createPartitionOf(settings, client),
    vhost: settings.vhost,
    guard: settings.onDuplicate === "skip" ? new DuplicateGuard() : undefined,
  };
}

function watchConnection(connection: AmqpConnection, services: ChannelServices, open: Set<object>): void {
  override(connection, "createChannel", (below, args) => createChannel(below, args, services, false));
  override(connection, "createConfirmChannel", (below, args) => createChannel(below, args, services, true));
  // One that dies without being closed may be made again: it is forgotten, and its streams go on.
  override(connection, "emit", (below, args) => {
    if (args[0] === "close") open.delete(connection);
    return below(args);
  });
  override(connection, "close", (below, args) => {
    open.delete(connection);
    const last = open.size === 0;
    return flushAfter(below, args, services, last);
  });
}

/** The callback API gives the channel back at once and may be used at once; the promise API when it is open. */
function createChannel(below: Below, args: readonly unknown[], services: ChannelServices, confirms: boolean): unknown {
  const watch = (channel: unknown, api: Api): void => {
    if (!isObject(channel) || typeof channel["publish"] !== "function") return;
    try {
      watchChannel(channel, services, { api, confirms });
    } catch (error) {
      services.client.failed("watching a channel", error);
    }
  };
  const answer = below(args.map((arg) => (typeof arg === "function" ? watchingCallback(arg, watch) : arg)));
  if (!(answer instanceof Promise)) {
    watch(answer, "callback");
    return answer;
  }
  return answer.then((channel: unknown) => {
    watch(channel, "promise");
    return channel;
  });
}

/** A model with recovery gives its channel to the callback alone. */
function watchingCallback(callback: object, watch: (channel: unknown, api: Api) => void) {
  return (...answer: readonly unknown[]): unknown => {
    watch(answer[1], "callback");
    return typeof callback === "function" ? Reflect.apply(callback, undefined, answer) : undefined;
  };
}

/**
 * Closing goes its way first: only then the fate of what was unconfirmed is known. What we know is then written, for a
 * quarter of a second at most, and the application hears what it would have heard.
 */
function flushAfter(below: Below, args: readonly unknown[], services: ChannelServices, isLast: boolean): unknown {
  const flush = async (): Promise<void> => {
    // amqplib calls back first and tells its channels within the same tick: what they knew is booked by then.
    await Promise.resolve();
    if (isLast) services.publisher.endAll();
    await services.client.flush(closeLimitMs);
  };
  const [callback] = args;
  if (typeof callback === "function") {
    const flushed = (...answer: readonly unknown[]): void =>
      void flush().finally(() => Reflect.apply(callback, undefined, answer));
    return below([flushed, ...args.slice(1)]);
  }
  const answer = below(args);
  if (answer instanceof Promise) return settleAfter(answer, flush);
  void flush();
  return answer;
}

async function settleAfter(answer: Promise<unknown>, flush: () => Promise<void>): Promise<unknown> {
  try {
    return await answer;
  } finally {
    await flush();
  }
}

const closeLimitMs = 250;
