import type { TestProject } from "vitest/node";
import { startStack } from "../stack/stack.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly kafkaBrokers: readonly string[];
    readonly amqpUrl: string;
    readonly managementUrl: string;
    readonly redisUrl: string;
  }
}

/** Starts Kafka, RabbitMQ and Redis once for all tests that need them, and ends them afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ servers: ["kafka", "rabbitmq", "redis"] });
  const { managementUrl } = stack.amqp;
  if (managementUrl === undefined) {
    await stack.stop();
    throw new Error(
      "The tests read RabbitMQ's management API: set SEQWATCH_AMQP_MANAGEMENT_URL beside SEQWATCH_AMQP_URL.",
    );
  }
  project.provide("kafkaBrokers", stack.kafka.brokers);
  project.provide("amqpUrl", stack.amqp.url);
  project.provide("managementUrl", managementUrl);
  project.provide("redisUrl", stack.redis.url);
  return () => stack.stop();
}
