import type { StackServers } from "./stack.ts";
import type { ServerUrls } from "./state.ts";

/** The addresses of these servers under the environment variables by which a command is told to use them. */
export function toUrls({ kafka, amqp, redis }: Partial<StackServers>): ServerUrls {
  return {
    ...(kafka && { SEQWATCH_KAFKA_BROKERS: kafka.brokers.join(",") }),
    ...(amqp && { SEQWATCH_AMQP_URL: amqp.url }),
    ...(amqp?.managementUrl && { SEQWATCH_AMQP_MANAGEMENT_URL: amqp.managementUrl }),
    ...(amqp && amqp.nodes.length > 1 && { SEQWATCH_AMQP_NODES: amqp.nodes.map(({ url }) => url).join(",") }),
    ...(redis && { SEQWATCH_REDIS_URL: redis.url }),
  };
}
