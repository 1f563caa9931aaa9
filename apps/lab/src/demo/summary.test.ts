import { expect, test } from "vitest";
import { Book } from "./book.ts";
import type { Claims } from "./claims.ts";
import { type Summary, summarize } from "./summary.ts";
import { sourceOf } from "./traffic.ts";

/** A book with payments 0 to 9, of which 3 and 4 never arrived, and notices 0 and 1 in the hands of a killed consumer. */
function summary(says: {
  readonly lost: readonly string[];
  readonly inDoubt: readonly string[];
  readonly hasBlindSpots?: boolean;
}): Summary {
  const book = new Book(sourceOf);
  book.note({ kind: "sent", outcome: "accepted", atMs: 1_000, source: "payment", first: 0, last: 9 });
  book.note({ kind: "sent", outcome: "accepted", atMs: 1_000, source: "notice", first: 0, last: 1 });
  book.note({ kind: "held", spans: [{ source: "notice", first: 0, last: 1 }] });
  book.note({
    kind: "processed",
    spans: [
      { source: "payment", first: 0, last: 2 },
      { source: "payment", first: 5, last: 9 },
    ],
  });
  const claims: Claims = {
    confirmed: new Map(
      says.lost.map((name, index) => [name, { name, verdict: "store.missing", confirmedAtMs: 4_000 + index }]),
    ),
    inDoubt: new Set(says.inDoubt),
    suspectedCount: 0,
    unnamed: [],
  };
  const lostBy = { kafka: book.lost("kafka", () => Infinity), rabbitmq: book.lost("rabbitmq", () => Infinity) };
  return summarize({ book, claims, lostBy, duplicatesFound: 0, hasBlindSpots: says.hasBlindSpots ?? false });
}

const held = ["notice:0", "notice:1"];

test("it holds when the very same messages were lost and found, and the held ones are in doubt", () => {
  expect(summary({ lost: ["payment:3", "payment:4"], inDoubt: held })).toMatchObject({
    holds: true,
    sent: 12,
    lost: 2,
    found: 2,
    falselyNamed: 0,
    inDoubt: 2,
    expectedInDoubt: 2,
    delayMs: { p50: 3_000, p99: 3_001, max: 3_001 },
  });
});

test("equal numbers of other messages do not hold", () => {
  const { holds, lost, found, falselyNamed, amiss } = summary({ lost: ["payment:3", "payment:5"], inDoubt: held });
  expect({ holds, lost, found, falselyNamed }).toEqual({ holds: false, lost: 2, found: 1, falselyNamed: 1 });
  expect(amiss).toEqual({ missed: ["payment:4"], falselyNamed: ["payment:5"] });
});

test("a message that was lost and is only in doubt does not hold", () => {
  expect(summary({ lost: ["payment:3"], inDoubt: [...held, "payment:4"] }).holds).toBe(false);
});

test("where recording was off for a while, a loss may be in doubt instead of found", () => {
  const says = { lost: ["payment:3"], inDoubt: [...held, "payment:4"], hasBlindSpots: true };
  expect(summary(says).holds).toBe(true);
});

test("a false name never holds, blind spots or not", () => {
  const says = { lost: ["payment:3", "payment:4", "payment:5"], inDoubt: held, hasBlindSpots: true };
  expect(summary(says).holds).toBe(false);
});

test("a held message that nobody doubts does not hold", () => {
  expect(summary({ lost: ["payment:3", "payment:4"], inDoubt: ["notice:0"] }).holds).toBe(false);
});

test("the contract's fields come first and in their order", () => {
  expect(Object.keys(summary({ lost: [], inDoubt: [] })).slice(0, 9)).toEqual([
    "kind",
    "sent",
    "lost",
    "found",
    "falselyNamed",
    "inDoubt",
    "duplicated",
    "duplicatesFound",
    "delayMs",
  ]);
});
