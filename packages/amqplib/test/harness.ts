import { randomUUID } from "node:crypto";
import { type Client, createClient } from "@seqwatch/client";
import {
  countOf,
  createMemoryStore,
  difference,
  type GroupRecord,
  type Lane,
  type LedgerReport,
  type Notice,
  type QueueRecord,
  type Receipts,
  type Store,
  unionAll,
} from "@seqwatch/core";
import amqplib, { type ChannelModel } from "amqplib";
import { inject, onTestFinished } from "vitest";
import { type AmqpSettings, createAmqpWatch, rememberVhosts } from "../src/index.ts";

/** A watched process with a store of its own, and one bare connection beside it that nobody watches. */
export interface Bench {
  readonly client: Client;
  readonly store: Store;
  readonly notices: readonly Notice[];
  readonly bare: ChannelModel;
  /** A queue that this test has to itself. */
  queue(
    options?: Parameters<Awaited<ReturnType<ChannelModel["createChannel"]>>["assertQueue"]>[1],
    name?: string,
  ): Promise<string>;
  /** Opens a watched connection. */
  connect(options?: AmqpSettings): Promise<ChannelModel>;
  watch: ReturnType<typeof createAmqpWatch>;
  ledgers(exchange: string, key: string): Promise<readonly LedgerReport[]>;
  group(exchange: string, key: string, queue: string): Promise<GroupRecord | undefined>;
  receipts(exchange: string, key: string, queue: string): Promise<readonly Receipts[]>;
  queueRecord(queue: string): Promise<QueueRecord>;
}

export async function createBench(settings: AmqpSettings = {}): Promise<Bench> {
  const store = createMemoryStore();
  const notices: Notice[] = [];
  const observer = { finding: () => {}, notice: (notice: Notice) => void notices.push(notice) };
  const client = createClient({
    service: "tests",
    store,
    observer,
    reportEveryMs: 50,
    reportUnderLoadEveryMs: 20,
  });
  const bare = await openConnection();
  rememberVhosts(Object.getPrototypeOf(bare.connection));
  const cluster = `${clusterNameOf(bare)}//`;
  const watch = createAmqpWatch({ client, ...settings });
  onTestFinished(() => client.close());
  const channel = await bare.createChannel();
  const laneAt = (exchange: string, key: string): Lane => ({
    system: "rabbitmq",
    cluster,
    destination: exchange,
    partition: key,
  });
  return {
    client,
    store,
    notices,
    bare,
    watch,
    queue: async (options, name) => {
      const queue = name ?? `test-${randomUUID()}`;
      await channel.assertQueue(queue, { durable: false, ...options });
      onTestFinished(async () => void (await channel.deleteQueue(queue).catch(() => {})));
      return queue;
    },
    connect: async () => watch.connection(await openConnection()),
    ledgers: async (exchange, key) => [...(await store.readLane(laneAt(exchange, key))).ledgers.values()],
    group: async (exchange, key, queue) => (await store.readLane(laneAt(exchange, key))).groups.get(queue),
    receipts: async (exchange, key, queue) => {
      const group = (await store.readLane(laneAt(exchange, key))).groups.get(queue);
      return group === undefined ? [] : [...group.receipts.values()];
    },
    queueRecord: (queue) => store.readQueue(cluster, queue),
  };
}

/** A connection that ends with the test, whatever became of it. */
export async function openConnection(): Promise<ChannelModel> {
  const connection = await amqplib.connect(inject("amqpUrl"));
  connection.on("error", () => {});
  onTestFinished(() => connection.close().catch(() => {}));
  return connection;
}

function clusterNameOf(connection: ChannelModel): string {
  return String(connection.connection.serverProperties["cluster_name"]);
}

/** A handler that keeps what it is given, for `expect.poll`. */
export function collector<Message>() {
  const messages: Message[] = [];
  return { messages, add: (message: Message | null) => (message === null ? undefined : void messages.push(message)) };
}

/** What a queue's consumers, taken together, got and finished of what a producer knows as acked. */
export function missingOf(ledger: LedgerReport, receipts: Receipts) {
  const promised = difference(ledger.acked, unionAll(ledger.voided.map(({ sequences }) => sequences)));
  return {
    unreceived: difference(promised, receipts.received),
    unprocessed: difference(promised, receipts.processed),
    count: countOf(promised),
  };
}
