import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { tableBytesOf } from "./table-size.ts";

const require = createRequire(import.meta.url);
// The package exports its entry points alone, but the encoder is the oracle: it is reached by its file.
const codec: unknown = require(join(dirname(require.resolve("amqplib")), "lib/codec.js"));

function encodedBytes(table: object): number {
  const encode: unknown = Reflect.get(Object(codec), "encodeTable");
  if (typeof encode !== "function") throw new Error("This amqplib encodes tables elsewhere.");
  return Number(Reflect.apply(encode, undefined, [Buffer.alloc(1_000_000), table, 0]));
}

/** A table with a key "!" is a typed value, and amqplib refuses most of those. */
const key = fc.string({ maxLength: 60 }).filter((text) => text !== "!");

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: "grapheme" }),
    fc.integer(),
    fc.double({ noNaN: true, min: -1e15, max: 1e15 }),
    fc.boolean(),
    fc.constant(null),
    fc.constant(undefined),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.array(tie("any"), { maxLength: 4 }).map((list) => list.map((item) => item ?? null)),
    fc.dictionary(key, tie("any"), { maxKeys: 4 }),
  ),
})).any;

test("no table takes more bytes on the wire than it is measured to, and texts are measured exactly", () => {
  fc.assert(
    fc.property(fc.dictionary(key, value), (table) => {
      expect(tableBytesOf(table, Number.POSITIVE_INFINITY)).toBeGreaterThanOrEqual(encodedBytes(table));
    }),
  );
  const texts = { traceparent: "00-0af7651916cd43dd", ключ: "значение", empty: "" };
  expect(tableBytesOf(texts, 1_000)).toBe(encodedBytes(texts));
});

test("a table past the limit, or within itself, is endless", () => {
  expect(tableBytesOf({ a: "x".repeat(100) }, 100)).toBe(Number.POSITIVE_INFINITY);
  const circle: Record<string, unknown> = {};
  circle["circle"] = circle;
  expect(tableBytesOf(circle, 1_000_000)).toBe(Number.POSITIVE_INFINITY);
});
