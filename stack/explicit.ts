import { StackError } from "./errors.ts";
import type { KafkaServer } from "./kafka.ts";
import type { Environment } from "./programs.ts";
import type { RabbitmqServer } from "./rabbitmq.ts";
import type { RedisServer } from "./redis.ts";

/** The cluster that SEQWATCH_KAFKA_BROKERS names; undefined when it names none. */
export function findExplicitKafka(environment: Environment): KafkaServer | undefined {
  const value = environment["SEQWATCH_KAFKA_BROKERS"];
  if (!value) return undefined;
  const brokers = value.split(",").map((broker) => broker.trim());
  if (brokers.every((broker) => /^[^\s/]+:\d+$/.test(broker))) return { brokers, nodes: [] };
  throw new StackError(
    "STACK_BAD_INPUT",
    `SEQWATCH_KAFKA_BROKERS is "${value}". Give host:port of each broker with commas between, e.g. localhost:9092.`,
  );
}

/** The broker that SEQWATCH_AMQP_URL and SEQWATCH_AMQP_MANAGEMENT_URL name; undefined when they name none. */
export function findExplicitRabbitmq(environment: Environment): RabbitmqServer | undefined {
  const url = readUrl(environment, "SEQWATCH_AMQP_URL", ["amqp:", "amqps:"]);
  if (url === undefined) return undefined;
  const managementUrl = readUrl(environment, "SEQWATCH_AMQP_MANAGEMENT_URL", ["http:", "https:"]);
  return {
    url,
    managementUrl,
    prometheusUrl: undefined,
    server: undefined,
    nodes: [],
    forget: undefined,
    control: undefined,
  };
}

/** The Redis that SEQWATCH_REDIS_URL names; undefined when it names none. */
export function findExplicitRedis(environment: Environment): RedisServer | undefined {
  const url = readUrl(environment, "SEQWATCH_REDIS_URL", ["redis:", "rediss:"]);
  return url === undefined ? undefined : { url, server: undefined };
}

function readUrl(environment: Environment, variable: string, protocols: readonly string[]): string | undefined {
  const value = environment[variable];
  if (!value) return undefined;
  if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value;
  // The value may hold a password, so that only its absence of sense is told.
  throw new StackError("STACK_BAD_INPUT", `${variable} is no address that begins with ${protocols.join("// or ")}//.`);
}
