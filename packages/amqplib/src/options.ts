import { badOption, type Client, type ClientOptions, checkHideNames, checkOptionNames } from "@seqwatch/client";

/** What happens to a message that was certainly processed before. */
export type OnDuplicate = "run" | "skip";

/** What an application may say about its RabbitMQ side. */
export interface AmqpSettings {
  /** The virtual host of the connection; amqplib does not keep it. Default: "/". */
  readonly vhost?: string;
  /**
   * A coarser unit of continuity than the routing key, for keys without bound such as `order.<id>.created`. Every
   * queue has to get all or none of what it puts together, and producers and consumers have to agree on it.
   */
  readonly partitionBy?: (exchange: string, routingKey: string) => string;
  /**
   * `run` (default): the handler runs for every message that arrives. `skip`: it does not run for the second copy that
   * its own producer published, where this process has processed the other one with the same content; such a one is
   * acknowledged. Whatever else comes again runs.
   */
  readonly onDuplicate?: OnDuplicate;
  /** What has had no confirm for so long is booked as uncertain, and told. Default: 60,000 ms. */
  readonly confirmWithinMs?: number;
  /**
   * Names that may hold personal data (routing keys of all exchanges but the default one, and references) leave the process only as keyed hashes. Everybody who has
   * to agree (producers, consumers, the auditor) needs the same secret, of at least 16 characters.
   */
  readonly hideNames?: { readonly secret: string };
  /** What people call a message: an order number, say. Called for each stamped message; kept for those that go wrong. */
  readonly reference?: (content: Uint8Array, fields: PublishedTo) => string | undefined;
}

/** Where a message was published to. */
export interface PublishedTo {
  readonly exchange: string;
  readonly routingKey: string;
}

/** Either a client that is shared with other adapters, or what one is made of. */
export type AmqpOptions = AmqpSettings & (ClientOptions | { readonly client: Client });

/** Throws a `ClientError` for a setting that cannot be used. */
export function checkSettings(settings: AmqpSettings): void {
  checkOptionNames(settings);
  checkHideNames(settings.hideNames);
  const { vhost, partitionBy, reference, confirmWithinMs, onDuplicate = "run" } = settings;
  if (!["run", "skip"].includes(onDuplicate)) throw badOption("onDuplicate", onDuplicate, '"run" or "skip"');
  if (vhost !== undefined && (typeof vhost !== "string" || vhost === "")) throw badOption("vhost", vhost, "a text");
  if (confirmWithinMs !== undefined && !(Number.isInteger(confirmWithinMs) && confirmWithinMs >= 1_000))
    throw badOption("confirmWithinMs", confirmWithinMs, "a whole number of milliseconds, at least 1000");
  for (const [name, value] of Object.entries({ partitionBy, reference })) {
    if (value !== undefined && typeof value !== "function") throw badOption(name, value, "a function");
  }
}
