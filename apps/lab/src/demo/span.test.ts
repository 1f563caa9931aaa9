import { expect, test } from "vitest";
import { parseDurationMs } from "./duration.ts";
import { nameOf, parseName, SpanGatherer } from "./span.ts";

test("a name leads back to its message", () => {
  const message = { source: "orders-1", number: 42 };
  expect(parseName(nameOf(message))).toEqual(message);
});

test.each(["", "orders", "orders:", ":1", "orders:1x", "orders:99999999999999999999"])(
  "%j names no message",
  (text) => {
    expect(parseName(text)).toBeUndefined();
  },
);

test("messages in a row become one span, and a repeat begins another", () => {
  const gatherer = new SpanGatherer();
  for (const number of [1, 2, 3, 3, 7]) gatherer.add({ source: "a", number });
  gatherer.add({ source: "b", number: 8 });
  expect(gatherer.take()).toEqual([
    { source: "a", first: 1, last: 3 },
    { source: "a", first: 3, last: 3 },
    { source: "a", first: 7, last: 7 },
    { source: "b", first: 8, last: 8 },
  ]);
  expect(gatherer.take()).toEqual([]);
});

test.each([
  ["90s", 90_000],
  ["1.5m", 90_000],
  ["500ms", 500],
  ["20", 20_000],
])("%s is %i milliseconds", (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test("what is no duration is refused in words", () => {
  expect(() => parseDurationMs("soon")).toThrow(/"soon" is no duration/);
});
