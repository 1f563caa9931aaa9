import { expect, test } from "vitest";
import { startStack } from "./stack.ts";

test("servers that the environment names are taken as they are, and nothing is started", async () => {
  const environment = {
    SEQWATCH_KAFKA_BROKERS: "kafka-1:9092, kafka-2:9092",
    SEQWATCH_AMQP_URL: "amqp://user:word@rabbit:5672/orders",
    SEQWATCH_AMQP_MANAGEMENT_URL: "http://user:word@rabbit:15672",
    SEQWATCH_REDIS_URL: "rediss://redis:6380/1",
  };
  const stack = await startStack({ servers: ["kafka", "rabbitmq", "redis"], environment });
  expect(stack.folder).toBeUndefined();
  expect(stack.kafka).toEqual({ brokers: ["kafka-1:9092", "kafka-2:9092"], nodes: [] });
  expect(stack.amqp).toMatchObject({
    url: environment.SEQWATCH_AMQP_URL,
    managementUrl: environment.SEQWATCH_AMQP_MANAGEMENT_URL,
    server: undefined,
  });
  expect(stack.redis).toEqual({ url: environment.SEQWATCH_REDIS_URL, server: undefined });
  await stack.stop();
});

test("the management address of a named RabbitMQ may be left out", async () => {
  const stack = await startStack({ servers: ["rabbitmq"], environment: { SEQWATCH_AMQP_URL: "amqp://rabbit" } });
  expect(stack.amqp.managementUrl).toBeUndefined();
  expect(stack.environment).toEqual({ SEQWATCH_AMQP_URL: "amqp://rabbit" });
});

test.each([
  ["kafka", "SEQWATCH_KAFKA_BROKERS", "http://kafka:9092"],
  ["kafka", "SEQWATCH_KAFKA_BROKERS", "kafka-1:9092,"],
  ["rabbitmq", "SEQWATCH_AMQP_URL", "rabbit:5672"],
  ["redis", "SEQWATCH_REDIS_URL", "localhost"],
] as const)("for %s a %s of %s is refused by name", async (server, variable, value) => {
  await expect(startStack({ servers: [server], environment: { [variable]: value } })).rejects.toMatchObject({
    code: "STACK_BAD_INPUT",
    message: expect.stringContaining(variable),
  });
});

test("an address that is refused does not show its password", async () => {
  const environment = { SEQWATCH_REDIS_URL: "http://user:secret@redis" };
  await expect(startStack({ servers: ["redis"], environment })).rejects.toThrow(/^(?!.*secret)/);
});
