import type { MessagePort } from "./port.ts";

/** What a record needs beside its key, value and headers, and what our own header adds at most. */
const recordOverheadBytes = 21 + 48 + 4;

/** Never less than what the message takes on the wire, stamped; cheap, because it runs for every message. */
export function mostBytesOf(message: MessagePort): number {
  return (
    recordOverheadBytes + mostBytes(message.key) + mostBytes(message.value) + headerBytes(message.headers, mostBytes)
  );
}

/** What the message takes on the wire, stamped; only needed where `mostBytesOf` comes near the limit. */
export function bytesOf(message: MessagePort): number {
  return (
    recordOverheadBytes + exactBytes(message.key) + exactBytes(message.value) + headerBytes(message.headers, exactBytes)
  );
}

function headerBytes(headers: unknown, measure: (value: unknown) => number): number {
  if (typeof headers !== "object" || headers === null) return 0;
  let bytes = 0;
  for (const key of Object.keys(headers)) {
    const value: unknown = Reflect.get(headers, key);
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const one of values) bytes += measure(key) + measure(one) + 8;
  }
  return bytes;
}

/** UTF-8 needs at most three bytes for a UTF-16 unit. */
function mostBytes(value: unknown): number {
  if (typeof value === "string") return 3 * value.length;
  return value instanceof Uint8Array ? value.byteLength : 0;
}

function exactBytes(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  return value instanceof Uint8Array ? value.byteLength : 0;
}
