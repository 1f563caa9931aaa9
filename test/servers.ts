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
  project.provide("kafkaBrokers", stack.kafka.brokers);
  project.provide("amqpUrl", stack.amqp.url);
  project.provide("managementUrl", stack.amqp.managementUrl);
  project.provide("redisUrl", stack.redis.url);
  return () => stack.stop();
}
