import { type Client, createNameHider } from "@seqwatch/client";
import type { AmqpSettings } from "./options.ts";

/** The partition of a lane for a routing key. */
export type PartitionOf = (exchange: string, routingKey: string) => string;

/**
 * The user's `partitionBy`, or the routing key itself; also where the user's function fails, which is told. With
 * `hideNames` its keyed hash, but for the default exchange: there it is the name of a queue, which is no secret.
 */
export function createPartitionOf(settings: AmqpSettings, client: Client): PartitionOf {
  const plain = createPlainPartitionOf(settings, client);
  if (settings.hideNames === undefined) return plain;
  const hide = createNameHider(settings.hideNames.secret);
  return (exchange, routingKey) => {
    const partition = plain(exchange, routingKey);
    return exchange === "" ? partition : hide(partition);
  };
}

function createPlainPartitionOf({ partitionBy }: AmqpSettings, client: Client): PartitionOf {
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
