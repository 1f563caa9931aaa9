import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { Book } from "./book.ts";
import { toClaims } from "./claims.ts";
import type { Standing } from "./standing.ts";
import { summarize } from "./summary.ts";
import { sourceOf } from "./traffic.ts";
import { draw, type Screen } from "./view.ts";

const nothing: ReadonlySet<string> = new Set();
const quiet = summarize({
  book: new Book(sourceOf),
  claims: toClaims([], new Map()),
  lostBy: { kafka: nothing, rabbitmq: nothing },
  duplicatesFound: 0,
  hasBlindSpots: false,
});

/** Everything as long as it can get. */
const crowded: Standing = {
  summary: {
    ...quiet,
    sent: 1_234_567_890,
    lost: 12_345,
    found: 12_000,
    falselyNamed: 1,
    inDoubt: 5_000,
    expectedInDoubt: 5_000,
    duplicated: 999,
    duplicatesFound: 998,
    delayMs: { p50: 3_456, p99: 123_456, max: 999_999 },
    kafka: { ...quiet.kafka, sent: 1_200_000_000 },
    rabbitmq: { ...quiet.rabbitmq, sent: 34_567_890 },
  },
  suspectedCount: 345,
  elapsedMs: 3_599_000,
  forMs: 3_600_000,
  running: Array.from(
    { length: 5 },
    (_, index) => `fault ${index} with a text that is much longer than one line of any screen that we know`,
  ),
  newest: Array.from({ length: 9 }, () => ({
    state: "suspected",
    verdict: "store.dead-lettered",
    place: "payments/a-very-long-routing-key",
    messageCount: 12_345,
    example: "orders-1:123456789",
  })),
  url: "http://127.0.0.1:65535",
  isAuditorHeard: true,
};

const starting: Screen = {
  step: "starting three Kafka brokers, RabbitMQ and Redis",
  standing: undefined,
  url: undefined,
};
const running: Screen = { step: "the traffic runs", standing: crowded, url: "http://127.0.0.1:65535" };

test.each([
  ["while it starts", starting],
  ["with everything going on at once", running],
  ["without an end", { ...running, standing: { ...crowded, forMs: undefined } }],
])("the screen fits 24 lines of 80 columns %s", (_, screen) => {
  const lines = stripVTControlCharacters(draw(screen, { columns: 80, hasColors: true })).split("\n");
  expect(lines.length).toBeLessThanOrEqual(23);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("the screen keeps its height, so that nothing jumps", () => {
  const heights = [starting, running].map(
    (screen) => draw(screen, { columns: 80, hasColors: false }).split("\n").length,
  );
  expect(new Set(heights).size).toBe(1);
});

test("the screen fits a narrow terminal", () => {
  const lines = draw(running, { columns: 40, hasColors: false }).split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
});

test("truth and findings stand one below the other", () => {
  const text = draw(running, { columns: 80, hasColors: false });
  expect(text).toMatch(/really lost +12,345/);
  expect(text).toMatch(/found +12,000 +345 suspected/);
});

test("without colours there is no escape sequence", () => {
  const text = draw(running, { columns: 80, hasColors: false });
  expect(text).toBe(stripVTControlCharacters(text));
});
