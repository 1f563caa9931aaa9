import { expect, test } from "vitest";
import type { KafkaReading, LogRange } from "./reading.ts";
import { inTurn, joinWanted } from "./wanted-ranges.ts";

/** What a reader that goes through 10,000 records shows of the ranges, in the order in which they are asked for. */
function readOf(asked: readonly LogRange[]): KafkaReading {
  let left = 10_000;
  const extracts = asked.flatMap(({ first, last }) => {
    const read = Math.min(left, last - first + 1);
    left -= read;
    return read === 0 ? [] : [{ first, last: first + read - 1, stamps: [], unstamped: [], epochs: [] }];
  });
  return {
    kind: "kafka",
    beganAtMs: 0,
    endedAtMs: 0,
    leader: 1,
    logStart: 0,
    logEnd: 1_000_000,
    highWatermark: 1_000_000,
    lastStableOffset: 1_000_000,
    compacted: false,
    extracts,
    groups: new Map(),
  };
}

/** How often each range was read as a whole in so many passes. */
function timesRead(wanted: readonly LogRange[], passes: number): readonly number[] {
  const times = wanted.map(() => 0);
  let reading: KafkaReading | undefined;
  for (let pass = 0; pass < passes; pass += 1) {
    const read = readOf(inTurn(wanted, reading));
    wanted.forEach(({ first, last }, at) => {
      if (read.extracts.some((extract) => extract.first <= first && last <= extract.last))
        times[at] = (times[at] ?? 0) + 1;
    });
    reading = read;
  }
  return times;
}

test("ranges that overlap or touch are read once, with the record on either side", () => {
  const wanted = [
    { first: 50, last: 60 },
    { first: 10, last: 20 },
    { first: 15, last: 30 },
  ];
  expect(joinWanted(wanted)).toEqual([
    { first: 9, last: 31 },
    { first: 49, last: 61 },
  ]);
});

test("a range that one reading can hold does not drown in a longer one around it", () => {
  const wanted = [
    { first: 0, last: 40_000 },
    { first: 100, last: 200 },
  ];
  expect(joinWanted(wanted)).toContainEqual({ first: 99, last: 201 });
});

test("each range has its turn where one reading cannot go through all of them", () => {
  const wanted = Array.from({ length: 12 }, (_, at) => ({ first: at * 5_000, last: at * 5_000 + 2_999 }));
  expect(Math.min(...timesRead(wanted, 10))).toBeGreaterThanOrEqual(2);
});

test("a range that no reading can hold keeps none of the others from being read", () => {
  const wanted = [
    { first: 0, last: 40_000 },
    ...Array.from({ length: 6 }, (_, at) => ({ first: 50_000 + at * 5_000, last: 50_000 + at * 5_000 + 2_999 })),
  ];
  expect(Math.min(...timesRead(wanted, 10).slice(1))).toBeGreaterThanOrEqual(2);
});
