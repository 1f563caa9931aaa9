import { expect, test } from "vitest";
import { Book } from "./book.ts";
import { type Summary, summarize } from "./summary.ts";
import { sourceOf } from "./traffic.ts";
import { verdictOf } from "./verdict.ts";

const nothing: ReadonlySet<string> = new Set();
const quiet: Summary = summarize({
  book: new Book(sourceOf),
  claims: { confirmed: new Map(), inDoubt: nothing, suspectedCount: 0, unnamed: [] },
  lostBy: { kafka: nothing, rabbitmq: nothing },
  duplicatesFound: 0,
  hasBlindSpots: false,
});
const carrier = { ...quiet.kafka, lost: 165, found: 165 };

test("a run that holds is told in one breath, with what was lost where", () => {
  const summary = { ...quiet, lost: 265, found: 265, kafka: carrier, rabbitmq: { ...carrier, lost: 100, found: 100 } };
  expect(verdictOf({ ...summary, inDoubt: 50, expectedInDoubt: 50 })).toBe(
    "All 265 lost messages (165 over Kafka and 100 over RabbitMQ) were found, by name, and nothing else was named. " +
      "50 are in doubt, as they have to be: a consumer died with them in its hands.",
  );
});

test("a run without a loss does not boast", () => {
  expect(verdictOf(quiet)).toBe("Nothing was lost, and nothing was named.");
});

test("a run that does not hold says what was missed, what was false, and examples of both", () => {
  const amiss = { missed: ["payment:3"], falselyNamed: ["payment:5"] };
  const text = verdictOf({ ...quiet, holds: false, lost: 2, found: 1, falselyNamed: 1, amiss });
  expect(text).toContain("1 of 2 lost messages were not found");
  expect(text).toContain("1 message was named and not lost");
  expect(text).toContain("missed: payment:3");
});
