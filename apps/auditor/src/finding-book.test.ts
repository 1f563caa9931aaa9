import { expect, test } from "vitest";
import { sampleFinding } from "../test/samples.ts";
import { FindingBook } from "./finding-book.ts";

test("what is open is counted by state, and what was never sent is not missing", () => {
  const book = new FindingBook(100);
  book.book(sampleFinding({ id: "a" }));
  book.book(sampleFinding({ id: "b", state: "suspected", sequences: { suspected: [1, 4] } }));
  book.book(sampleFinding({ id: "c", state: "not-sent", sequences: { "not-sent": [20, 29] } }));
  book.book(sampleFinding({ id: "d", state: "withdrawn", sequences: { withdrawn: [30, 39] } }));
  book.book(sampleFinding({ id: "e", state: "explained", sequences: { explained: [40, 49] } }));
  const lines = book.figures().map(({ state, open, missing, notSent }) => [state, open, missing, notSent]);
  expect(lines).toEqual([
    ["confirmed", 1, 3, 0],
    ["suspected", 1, 4, 0],
    ["not-sent", 1, 0, 10],
  ]);
});

test("a finding that changed is the same finding", () => {
  const book = new FindingBook(100);
  book.book(sampleFinding({ state: "suspected" }));
  book.book(sampleFinding());
  expect(book.page({}, 10, undefined).findings).toHaveLength(1);
});

test("beyond the limit the one that changed the longest ago goes", () => {
  const book = new FindingBook(2);
  ["a", "b"].forEach((id) => book.book(sampleFinding({ id })));
  book.book(sampleFinding({ id: "a", changedAtMs: 2_000_000 }));
  book.book(sampleFinding({ id: "c" }));
  expect(["a", "b", "c"].map((id) => book.find(id)?.id)).toEqual(["a", undefined, "c"]);
});
