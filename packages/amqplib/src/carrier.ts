import { copyHeader, originHeader, stampHeader } from "@seqwatch/core";
import { isObject } from "./ports.ts";
import { tableBytesOf } from "./table-size.ts";

/** Our copy of a publish's options, ready to take the stamp. */
export interface Carrier {
  readonly options: object;
  readonly headers: Record<string, unknown>;
  /** The application itself asked for the return of what cannot be routed. */
  readonly asksForReturn: boolean;
  /** As amqplib reads it: transient unless the application asks for persistence. */
  readonly isTransient: boolean;
  /** The message's own expiration, in milliseconds; undefined = none. */
  readonly expiresAfterMs: number | undefined;
}

export interface CarrierNeeds {
  /** What a header table may take, our stamp included. */
  readonly maxTableBytes: number;
  /** Ask the broker to return what it cannot route, whether the application does or not. */
  readonly forceMandatory: boolean;
}

/**
 * Copies the options and headers of a publish, so that the user's own stay as they are. Undefined for a message that
 * must go out as it is: options that amqplib will refuse (with its own words), copies to further queues (CC, BCC) or
 * delays, which break the continuity of a routing key, and header tables without room.
 *
 * amqplib encodes headers with for…in, so inherited ones count: they are copied the same way.
 */
export function createCarrier(options: unknown, needs: CarrierNeeds): Carrier | undefined {
  if (!options) return withHeaders({}, {}, needs);
  if (typeof options !== "object") return undefined;
  const given: unknown = Reflect.get(options, "headers") || {};
  if (!isObject(given)) return undefined;
  if (Reflect.get(options, "CC") !== undefined || Reflect.get(options, "BCC") !== undefined) return undefined;
  const headers = copyHeaders(given, needs.maxTableBytes);
  return headers === undefined ? undefined : withHeaders(options, headers, needs);
}

/** Says which copy of a message this is, where the stamped table has room for that. */
export function numberCopy(headers: Record<string, unknown>, copy: number, maxTableBytes: number): void {
  if (copy > 1 && tableBytesOf(headers, maxTableBytes) + copyBytes <= maxTableBytes) headers[copyHeader] = String(copy);
}

function withHeaders(options: object, headers: Record<string, unknown>, needs: CarrierNeeds): Carrier {
  const asksForReturn = Boolean(Reflect.get(options, "mandatory"));
  const isForced = needs.forceMandatory && !asksForReturn;
  const copy = copyOptions(options, headers, isForced);
  return { options: copy, headers, asksForReturn, ...lifetimeOf(copy) };
}

/** amqplib's own reading (lib/api_args.js): a text or number of milliseconds, and 2, `persistent` or any other truth. */
function lifetimeOf(options: object): Pick<Carrier, "isTransient" | "expiresAfterMs"> {
  const persistent: unknown = Reflect.get(options, "persistent");
  const deliveryMode: unknown = Reflect.get(options, "deliveryMode");
  const isPersistent =
    persistent === undefined && deliveryMode !== undefined ? isDurable(deliveryMode) : Boolean(persistent);
  const expiration: unknown = Reflect.get(options, "expiration");
  const afterMs = expiration === undefined || expiration === null ? Number.NaN : Number(expiration);
  return { isTransient: !isPersistent, expiresAfterMs: Number.isFinite(afterMs) ? Math.max(0, afterMs) : undefined };
}

function isDurable(deliveryMode: unknown): boolean {
  return typeof deliveryMode === "number" ? deliveryMode === 2 : Boolean(deliveryMode);
}

/**
 * Plain objects are spread. What may have getters or inherited options becomes the prototype of the copy, and what
 * amqplib will read of it is read here: a getter over private state works on the application's own object alone.
 */
function copyOptions(options: object, headers: object, isForced: boolean): object {
  const prototype: unknown = Object.getPrototypeOf(options);
  if (prototype === Object.prototype || prototype === null)
    return isForced ? { ...options, headers, mandatory: true } : { ...options, headers };
  const copy: object = Object.create(options);
  for (const name of readByAmqplib) if (name in options) define(copy, name, Reflect.get(options, name));
  define(copy, "headers", headers);
  if (isForced) define(copy, "mandatory", true);
  return copy;
}

/** Defined, not assigned: an inherited read-only property forbids the assignment. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, configurable: true, enumerable: true });
}

function copyHeaders(
  given: Readonly<Record<PropertyKey, unknown>>,
  maxTableBytes: number,
): Record<string, unknown> | undefined {
  const headers: Record<string, unknown> = {};
  let bound = stampBytes;
  for (const key in given) {
    if (changesRoute.has(key)) return undefined;
    // Of the message that is being forwarded: what goes out is a message of its own.
    if (key === copyHeader) continue;
    const value = given[key];
    const copied = key === stampHeader ? originHeader : key;
    if (copied === "__proto__") define(headers, copied, value);
    else headers[copied] = value;
    bound += 3 * copied.length + mostBytesOf(value);
  }
  if (bound <= maxTableBytes) return headers;
  return tableBytesOf(headers, maxTableBytes) + stampBytes <= maxTableBytes ? headers : undefined;
}

/** Name, types, lengths and the longest value. */
const stampBytes = 4 + 1 + stampHeader.length + 5 + 39;
const copyBytes = 1 + copyHeader.length + 5 + 16;

/** The other options of a publish (amqplib: lib/api_args.js). */
const readByAmqplib: readonly string[] = [
  "appId",
  "contentEncoding",
  "contentType",
  "correlationId",
  "deliveryMode",
  "expiration",
  "mandatory",
  "messageId",
  "persistent",
  "priority",
  "replyTo",
  "timestamp",
  "type",
  "userId",
];

const changesRoute: ReadonlySet<string> = new Set(["CC", "BCC", "x-delay"]);

/** A bound that needs no encoding: three bytes a UTF-16 unit; tables within tables are measured. */
function mostBytesOf(value: unknown): number {
  if (typeof value === "string") return 8 + 3 * value.length;
  return typeof value === "object" && value !== null ? Number.POSITIVE_INFINITY : 16;
}
