import { isObject } from "./ports.ts";

/**
 * How many bytes a header table takes on the wire, the four of its length included; Infinity past `limit`. A table of
 * AMQP 0-9-1 is a list of (short string, one byte of type, value).
 */
export function tableBytesOf(table: Readonly<Record<PropertyKey, unknown>>, limit: number, depth = 0): number {
  if (depth > maxDepth) return Number.POSITIVE_INFINITY;
  let bytes = 4;
  for (const key in table) {
    const value = table[key];
    if (value === undefined) continue;
    bytes += 1 + Buffer.byteLength(key) + valueBytesOf(value, limit, depth);
    if (bytes > limit) return Number.POSITIVE_INFINITY;
  }
  return bytes;
}

/** Deeper tables are not measured: they are stamped by nobody, and the client may refuse them anyway. */
const maxDepth = 64;

/** One byte of type and the longest number. */
const scalarBytes = 9;

function valueBytesOf(value: unknown, limit: number, depth: number): number {
  if (typeof value === "string") return 5 + Buffer.byteLength(value);
  if (Buffer.isBuffer(value)) return 5 + value.length;
  if (!isObject(value)) return scalarBytes;
  // `{ "!": type, value }` is a value whose type the application names.
  if ("!" in value) return scalarBytes + valueBytesOf(value["value"], limit, depth + 1);
  return 1 + tableBytesOf(value, limit, depth + 1);
}
