import { expect, test } from "vitest";
import { paceLines, paceOf } from "./pace.ts";

const nothing = { suspected: [], confirmed: [], confirmedByBook: [], tail: [] };

test("times of all rows are judged together, and one beyond its goal is said to be", () => {
  const paces = [
    { ...nothing, suspected: [3, 5] },
    { ...nothing, suspected: [150], confirmed: [3_100], confirmedByBook: [5_200] },
  ];
  expect(paceOf(paces)).toEqual({
    suspected: { p50Ms: 5, p99Ms: 150, maxMs: 150, goalMs: 100, holds: false },
    confirmed: { p50Ms: 3_100, p99Ms: 3_100, maxMs: 3_100, goalMs: 4_000, holds: true },
    confirmedByBook: { p50Ms: 5_200, p99Ms: 5_200, maxMs: 5_200, goalMs: 5_000, holds: false },
  });
  expect(paceLines(paces)).toEqual([
    "suspected after an answer that leaves it out: median 5 ms, p99 150 ms, beyond its goal of 100 ms",
    "confirmed after the auditor knew the last fact that was needed: median 3.1 s, p99 3.1 s, within its goal of 4.0 s",
    "confirmed after the last act that proves it, by the row's own book: median 5.2 s, p99 5.2 s, beyond its goal of 5.0 s",
  ]);
});

test("what no row measured is not told", () => {
  expect(paceOf([nothing])).toEqual({});
});
