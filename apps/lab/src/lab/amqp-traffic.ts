import type { Channel, ConfirmChannel, Options } from "amqplib";
import type { Ground } from "./ground.ts";
import type { Service } from "./service.ts";

/** An application that publishes to RabbitMQ and waits for every confirm. */
export interface Sender {
  readonly service: Service;
  readonly channel: ConfirmChannel;
  /** Publishes so many messages to an exchange ("" = straight to the queue of that name); resolves to their names. */
  send(exchange: string, key: string, count: number, options?: Options.Publish): Promise<readonly string[]>;
}

/** Opens one. It says what was refused by rejecting. */
export async function openSender(lab: Ground, base = "shop", url?: string): Promise<Sender> {
  const service = lab.service(base);
  const channel = await (await service.amqp({}, url)).createConfirmChannel();
  return {
    service,
    channel,
    send: async (exchange, key, count, options) => {
      const names = service.names(exchange, key, count);
      for (const name of names) channel.publish(exchange, key, Buffer.from(name), { persistent: true, ...options });
      await channel.waitForConfirms();
      return names;
    },
  };
}

/** How an application consumes. */
export interface WorkerWish {
  readonly base?: string;
  readonly prefetch?: number;
  readonly url?: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** Whether to acknowledge this delivery (the default), to ask for it again, or to leave it alone. */
  readonly decide?: (name: string, redelivered: boolean) => "ack" | "requeue" | "reject" | "keep";
}

/** A consumer of one queue that keeps what it got and what it acknowledged. */
export interface Worker {
  readonly service: Service;
  readonly channel: Channel;
  readonly received: Set<string>;
  readonly handled: Set<string>;
  /** Every delivery, repeats included. */
  readonly deliveries: string[];
  /** Ends the consumer as a well-behaved application does; the channel stays open. */
  stop(): Promise<void>;
}

/** Opens an instrumented consumer. */
export async function openWorker(lab: Ground, queue: string, wish: WorkerWish = {}): Promise<Worker> {
  const service = lab.service(wish.base ?? "worker");
  const channel = await (await service.amqp({}, wish.url)).createChannel();
  channel.on("error", () => undefined);
  return { service, ...(await consumeFrom(channel, queue, wish)) };
}

/** The same on a channel that is there. */
export async function consumeFrom(
  channel: Channel,
  queue: string,
  wish: WorkerWish = {},
): Promise<Omit<Worker, "service">> {
  const received = new Set<string>();
  const handled = new Set<string>();
  const deliveries: string[] = [];
  if (wish.prefetch !== undefined) await channel.prefetch(wish.prefetch);
  const { consumerTag } = await channel.consume(
    queue,
    (message) => {
      if (message === null) return;
      const name = message.content.toString();
      received.add(name);
      deliveries.push(name);
      const decision = wish.decide?.(name, message.fields.redelivered) ?? "ack";
      if (decision === "requeue") channel.nack(message);
      else if (decision === "reject") channel.nack(message, false, false);
      else if (decision === "ack") {
        channel.ack(message);
        handled.add(name);
      }
    },
    { arguments: wish.arguments },
  );
  return {
    channel,
    received,
    handled,
    deliveries,
    stop: async () => {
      await channel.cancel(consumerTag);
    },
  };
}

/** Whether all of these names are in one of the sets. */
export function hasAll(names: Iterable<string>, ...sets: readonly ReadonlySet<string>[]): boolean {
  return [...names].every((name) => sets.some((set) => set.has(name)));
}
