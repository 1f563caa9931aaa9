import type { Environment } from "../programs.ts";

const addressVariables = [
  "SEQWATCH_KAFKA_BROKERS",
  "SEQWATCH_AMQP_URL",
  "SEQWATCH_AMQP_MANAGEMENT_URL",
  "SEQWATCH_REDIS_URL",
];

/** The environment without servers that it may name: these tests trouble their servers, which only a stack's own bear. */
export const ownEnvironment: Environment = Object.fromEntries(
  Object.entries(process.env).filter(([variable]) => !addressVariables.includes(variable)),
);
