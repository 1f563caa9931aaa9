import type { Client } from "@seqwatch/client";
import type { AmqpSettings } from "./options.ts";

/** The partition of a lane for a routing key. */
export type PartitionOf = (exchange: string, routingKey: string) => string;

/** The user's `partitionBy`, or the routing key itself; also where the user's function fails, which is told. */
export function createPartitionOf(settings: AmqpSettings, client: Client): PartitionOf {
  const { partitionBy } = settings;
  if (partitionBy === undefined) return (_, routingKey) => routingKey;
  return (exchange, routingKey) => {
    try {
      const partition: unknown = partitionBy(exchange, routingKey);
      if (typeof partition === "string") return partition;
      throw new TypeError(`partitionBy gave ${typeof partition} for ${exchange}/${routingKey}, not a text.`);
    } catch (error) {
      client.failedOutside("partitionBy", error);
      return routingKey;
    }
  };
}
