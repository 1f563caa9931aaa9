import { type Client, createClient } from "@seqwatch/client";
import type { EvidenceReader } from "@seqwatch/core";
import kafkajs from "kafkajs";
import { type ClusterSource, clusterSourceOf } from "./cluster.ts";
import { createKafkaReader } from "./log-reader.ts";
import { kafkaMemberIdsOf } from "./member-ids.ts";
import { Members } from "./members.ts";
import { type KafkaOptions, type ParsedSettings, parseSettings } from "./options.ts";
import {
  type ConnectablePort,
  isKafka,
  type KafkaPort,
  type Partitioner,
  type ProducerConfigPort,
  type RetryPort,
} from "./port.ts";
import { type PreparedSend, unstampedCountOf } from "./prepare-send.ts";
import { Streams } from "./streams.ts";
import { watchPartitioner } from "./topic-send.ts";
import { isAdmin, watchAdmin } from "./watched-admin.ts";
import { WatchedConsumer } from "./watched-consumer.ts";
import { WatchedProducer } from "./watched-producer.ts";

/**
 * Watches a Kafka object in place and hands it back: every producer and consumer that it makes from now on is
 * watched. Those made before are not. With SEQWATCH_ENABLED=false it is handed back untouched.
 *
 * ```ts
 * const kafka = watchKafka(new Kafka({ brokers: ["127.0.0.1:9092"] }), { service: "orders-api", store });
 * ```
 *
 * Throws a `ClientError` for an option that is wrong, and a TypeError for an object that is no Kafka.
 */
export function watchKafka<K extends object>(kafka: K, options: KafkaOptions): K {
  const settings = parseSettings(options);
  if (!isKafka(kafka)) throw new TypeError("watchKafka needs a Kafka object: one with producer() and consumer().");
  const known = watched.get(kafka);
  if (known !== undefined) {
    const text = "This Kafka object is watched already; the first watch stays as it is.";
    known.client.notice({ kind: "warning", code: "watched-twice", text });
    return kafka;
  }
  const client = "client" in options ? options.client : createClient(options);
  if (!client.isEnabled) return kafka;
  const watch = new KafkaWatch(kafka, client, settings);
  watched.set(kafka, watch);
  return kafka;
}

/** The client that a watched Kafka object reports by, for `flush`, `close` and `setRecording`. */
export function clientOf(kafka: object): Client | undefined {
  return watched.get(kafka)?.client;
}

/** Waits for the sends that are on their way and writes what is known of them. True = all stored within the time. */
export async function flushKafka(kafka: object, withinMs = 5_000): Promise<boolean> {
  const watch = watched.get(kafka);
  return watch === undefined || (await watch.flush(withinMs));
}

const watched = new WeakMap<object, KafkaWatch>();
/** Two Kafka objects of one client share its streams and memberships: it has one producerId and one life sign. */
const sharedByClient = new WeakMap<Client, { readonly streams: Streams; readonly members: Members }>();

class KafkaWatch {
  readonly client: Client;
  readonly #settings: ParsedSettings;
  readonly #streams: Streams;
  readonly #members: Members;
  readonly #clusters: ClusterSource;
  readonly #retry: RetryPort | undefined;
  /** Sends on their way, of all producers. */
  readonly #inFlight = new Map<Promise<unknown>, PreparedSend>();
  /** Producers and consumers of the application that are connected. */
  readonly #connected = new Set<object>();
  #closeReader: () => void = () => {};
  #isPartitionerWarned = false;

  constructor(kafka: KafkaPort & object, client: Client, settings: ParsedSettings) {
    this.client = client;
    this.#settings = settings;
    const shared = sharedByClient.get(client) ?? {
      streams: new Streams(client, settings.referenceCount),
      members: new Members(client),
    };
    sharedByClient.set(client, shared);
    this.#streams = shared.streams;
    this.#members = shared.members;
    this.#clusters = clusterSourceOf(kafka);
    this.#retry = retryOf(kafka);
    client.provideEvidence(() => this.#createReader(kafka));
    client.countUnstamped(() => sumOf([...this.#inFlight.values()].map(unstampedCountOf)));
    const producer = kafka.producer.bind(kafka);
    const consumer = kafka.consumer.bind(kafka);
    kafka.producer = (config) => this.#producer(config, producer);
    kafka.consumer = (config) => {
      const { made, cluster } = this.#clusters.capture(() => consumer(config));
      const groupId = String(config?.groupId);
      this.#countConnection(made, "consumer");
      const { onDuplicate, maxDisorder } = this.#settings;
      return new WatchedConsumer(made, { client, members: this.#members, cluster, groupId, onDuplicate, maxDisorder })
        .consumer;
    };
    this.#watchAdmins(kafka);
  }

  #watchAdmins(kafka: KafkaPort): void {
    const admin = kafka.admin?.bind(kafka);
    if (admin === undefined) return;
    kafka.admin = (config) => {
      const { made, cluster } = this.#clusters.capture(() => admin(config));
      return isAdmin(made) ? watchAdmin(made, { client: this.client, members: this.#members, cluster }) : made;
    };
  }

  /**
   * A reader for the audit inside this process. kafkajs's connections keep a process alive, so it has some only while
   * the application has: a script that ends by itself still does.
   */
  #createReader(kafka: object): EvidenceReader {
    const memberIds = async () => kafkaMemberIdsOf(await this.client.store.readClients());
    const { cluster } = this.client;
    const reader = createKafkaReader(kafka, { memberIds, ...(cluster === undefined ? {} : { cluster }) });
    this.#closeReader = () => void reader.close();
    return {
      system: "kafka",
      readLog: async (lane, wanted, groups, nowMs) =>
        this.#connected.size === 0 ? undefined : await reader.readLog?.(lane, wanted, groups, nowMs),
      close: () => reader.close(),
    };
  }

  #countConnection(connected: ConnectablePort, kind: "producer" | "consumer"): void {
    connected.on(`${kind}.connect`, () => void this.#connected.add(connected));
    connected.on(`${kind}.disconnect`, () => {
      this.#connected.delete(connected);
      if (this.#connected.size === 0) this.#closeReader();
    });
  }

  async flush(withinMs: number): Promise<boolean> {
    const { host } = this.client;
    const untilMs = host.nowMs() + withinMs;
    let cancel: () => void = () => {};
    const limit = new Promise<void>((resolve) => {
      cancel = host.after(withinMs, resolve);
    });
    await Promise.race([Promise.allSettled(this.#inFlight.keys()), limit]);
    cancel();
    return await this.client.flush(Math.max(0, untilMs - host.nowMs()));
  }

  #producer(config: ProducerConfigPort | undefined, make: KafkaPort["producer"]): ReturnType<KafkaPort["producer"]> {
    const chosen = config?.createPartitioner;
    if (chosen === undefined || chosen === null) this.#warnOfDefaultPartitioner(make);
    const createInner = chosen ?? defaultPartitioner;
    const createPartitioner = (): Partitioner => watchPartitioner(createInner());
    const { made, cluster } = this.#clusters.capture(() => make({ ...config, createPartitioner }));
    const retry = { ...this.#retry, ...config?.retry };
    this.client.addRole("kafka producer");
    this.#countConnection(made, "producer");
    const surroundings = {
      client: this.client,
      streams: this.#streams,
      settings: this.#settings,
      inFlight: this.#inFlight,
      cluster,
      retries: retry.retries ?? 5,
      firstRetryMs: retry.initialRetryTime ?? 300,
    };
    return new WatchedProducer(made, surroundings).producer;
  }

  /**
   * kafkajs warns once a process when nobody chose a partitioner; we always choose one. A producer that is made and
   * never connected lets it say so itself, in its own words and under its own conditions.
   */
  #warnOfDefaultPartitioner(make: KafkaPort["producer"]): void {
    if (this.#isPartitionerWarned) return;
    this.#isPartitionerWarned = true;
    make();
  }
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

// `as`: kafkajs types the messages of its own partitioner more narrowly than what it accepts.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const defaultPartitioner = kafkajs.Partitioners.DefaultPartitioner as () => Partitioner;

/** The retry settings of the Kafka object, which kafkajs keeps under a symbol (kafkajs: src/index.js). */
function retryOf(kafka: object): RetryPort | undefined {
  const symbol = Object.getOwnPropertySymbols(kafka).find((key) => key.description === "private:Kafka:clusterRetry");
  const retry: unknown = symbol === undefined ? undefined : Reflect.get(kafka, symbol);
  return typeof retry === "object" && retry !== null ? retry : undefined;
}
