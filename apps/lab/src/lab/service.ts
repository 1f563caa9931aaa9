import { type AmqpOptions, watchAmqp } from "@seqwatch/amqplib";
import { clientOf, flushKafka, type KafkaOptions, watchKafka } from "@seqwatch/kafkajs";
import { redisStore } from "@seqwatch/store-redis";
import { type ChannelModel, connect, type Options } from "amqplib";
import { Kafka, type KafkaConfig, logLevel } from "kafkajs";
import type { Addresses } from "./addresses.ts";
import { NameSource } from "./names.ts";

/** What a row may ask of one application beside Seqwatch's defaults. */
export type KafkaWatchOptions = Partial<
  Omit<Extract<KafkaOptions, { readonly service: string }>, "client" | "service">
>;
export type AmqpWatchOptions = Partial<
  Omit<Extract<AmqpOptions, { readonly service: string }>, "client" | "service" | "store">
>;

/** What an application's own observer is told of. */
export type WatchNotice = Parameters<NonNullable<Extract<AmqpOptions, { service: string }>["observer"]>["notice"]>[0];

interface Message {
  readonly value: string;
  readonly partition: number;
}

/** One application with Seqwatch's interceptors in it, as a user writes it. Several of them may live in one process. */
export class Service {
  readonly name: string;
  readonly #addresses: Addresses;
  readonly #names: NameSource;
  readonly #open: (() => Promise<void>)[] = [];
  #amqpOptions: AmqpOptions | undefined;

  constructor(name: string, addresses: Addresses) {
    this.name = name;
    this.#addresses = addresses;
    this.#names = new NameSource(name);
  }

  /** A watched Kafka object. A second one is a second client, as of a second process. `below` gets it before it is watched. */
  kafka(watch: KafkaWatchOptions = {}, config: Partial<KafkaConfig> = {}, below?: (kafka: Kafka) => void): Kafka {
    const kafka = new Kafka({
      clientId: this.name,
      brokers: [...this.#addresses.kafkaBrokers],
      logLevel: logLevel.NOTHING,
      ...config,
    });
    below?.(kafka);
    const watched = watchKafka(kafka, {
      service: this.name,
      store: redisStore(this.#addresses.redisUrl),
      reference: ({ value }) => value?.toString(),
      ...watch,
    });
    this.#open.push(async () => {
      await flushKafka(watched, 2_000);
      await clientOf(watched)?.close();
    });
    return watched;
  }

  /** A watched connection to RabbitMQ; all of one service are of one client, as with one options object. */
  async amqp(
    watch: AmqpWatchOptions = {},
    socket: Options.Connect | string = this.#addresses.amqpUrl,
  ): Promise<ChannelModel> {
    const connection = await connect(socket);
    // amqplib throws what nobody listens to.
    connection.on("error", () => undefined);
    this.#amqpOptions ??= {
      service: this.name,
      store: redisStore(this.#addresses.redisUrl),
      reference: (content) => Buffer.from(content).toString(),
      vhost: "/",
      ...watch,
    };
    watchAmqp(connection, this.#amqpOptions);
    this.#open.push(async () => await connection.close());
    return connection;
  }

  /** The names of the next messages of a lane. Take them in the order in which they are sent. */
  names(destination: string, partition: string | number, count: number): readonly string[] {
    return this.#names.next(destination, partition, count);
  }

  /** The same as messages for kafkajs, with the partition said. */
  messages(topic: string, partition: number, count: number): Message[] {
    return this.names(topic, partition, count).map((value) => ({ value, partition }));
  }

  /** Ends it as a well-behaved application does. */
  async close(): Promise<void> {
    const open = this.#open.splice(0).reverse();
    for (const close of open) await close().catch(() => undefined);
  }
}
