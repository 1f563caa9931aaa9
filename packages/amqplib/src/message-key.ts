import { formatStamp, originHeader, parseStamp, stampHeader } from "@seqwatch/core";

/**
 * The id of a message, the same for every copy of it: redelivered, published twice, dead-lettered, forwarded. Made for a
 * unique key in your own database. A second `publish` of the same content is another message with another id: against
 * that only a key of your own helps. undefined = the message has no stamp.
 *
 * ```ts
 * const key = messageKey(message);
 * if (key !== undefined && (await redis.set(`done:${key}`, "1", "EX", 604_800, "NX")) === null) return;
 * ```
 */
export function messageKey(message: { readonly properties: { readonly headers?: unknown } }): string | undefined {
  const { headers } = message.properties;
  if (typeof headers !== "object" || headers === null) return undefined;
  const stamp = parseStamp(Reflect.get(headers, originHeader)) ?? parseStamp(Reflect.get(headers, stampHeader));
  return stamp === undefined ? undefined : formatStamp(stamp);
}
