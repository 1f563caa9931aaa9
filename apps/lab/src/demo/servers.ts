import { connect } from "amqplib";
import { Kafka, logLevel } from "kafkajs";
import { type Stack, startStack } from "../../../../stack/stack.ts";
import { orderPartitions, ordersTopic, paymentKinds, paymentsExchange } from "./traffic.ts";

/** The demo's servers. */
export type Servers = Stack;

/** How often RabbitMQ renews what its management API tells. */
export const statisticsIntervalMs = 1_000;

/** Starts servers of the demo's own: it is about to trouble them, so none that somebody else needs will do. */
export async function startServers(onProgress: (line: string) => void): Promise<Servers> {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isAddress(name)));
  const servers = await startStack({
    servers: ["kafka", "rabbitmq", "redis"],
    onProgress,
    environment,
    rabbitmq: { statisticsIntervalMs },
    // As one runs it where its contents matter: what was answered survives the process.
    redis: { args: ["--appendonly", "yes"] },
  });
  try {
    await Promise.all([createOrders(servers.kafka.brokers), createPayments(servers.amqp.url)]);
    return servers;
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

/** How many messages one of RabbitMQ's queues holds, or all of them, that no consumer has. */
export async function countQueued(amqpUrl: string, only?: string): Promise<number> {
  const connection = await connect(amqpUrl);
  try {
    const channel = await connection.createChannel();
    let count = 0;
    for (const { queue } of paymentKinds) {
      if (queue !== undefined && (only ?? queue) === queue) count += (await channel.checkQueue(queue)).messageCount;
    }
    return count;
  } finally {
    await connection.close();
  }
}

function isAddress(name: string): boolean {
  return /^SEQWATCH_(KAFKA_BROKERS|AMQP_URL|AMQP_MANAGEMENT_URL|REDIS_URL)$/.test(name);
}

async function createOrders(brokers: string[]): Promise<void> {
  const admin = new Kafka({ clientId: "demo", brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      {
        topic: ordersTopic,
        numPartitions: orderPartitions,
        replicationFactor: 3,
        configEntries: [{ name: "min.insync.replicas", value: "2" }],
      },
    ],
  });
  await admin.disconnect();
}

async function createPayments(amqpUrl: string): Promise<void> {
  const connection = await connect(amqpUrl);
  const channel = await connection.createChannel();
  await channel.assertExchange(paymentsExchange, "direct", { durable: true });
  for (const kind of paymentKinds) {
    if (kind.queue === undefined) continue;
    const bounds = "capacity" in kind ? { maxLength: kind.capacity, arguments: { "x-overflow": "drop-head" } } : {};
    await channel.assertQueue(kind.queue, { durable: true, ...bounds });
    await channel.bindQueue(kind.queue, paymentsExchange, kind.routingKey);
  }
  await connection.close();
}
