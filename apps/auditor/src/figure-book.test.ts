import { laneKeyOf } from "@seqwatch/core";
import { expect, test } from "vitest";
import { kafkaLane } from "../test/samples.ts";
import { FigureBook } from "./figure-book.ts";
import type { LaneFigures } from "./lane-figures.ts";

const key = laneKeyOf(kafkaLane);

function figures(sent: Record<string, number>, processed: Record<string, number> = {}): LaneFigures {
  const members = new Map(Object.entries(processed).map(([member, count]) => [member, { processed: count }]));
  return {
    active: 1,
    blind: 0,
    sent: new Map(Object.entries(sent)),
    groups: new Map([["billing", { members, counts: {} }]]),
  };
}

test("totals grow by what each author added", () => {
  const book = new FigureBook();
  book.book(key, kafkaLane, figures({ a: 10, b: 5 }, { x: 7 }));
  book.book(key, kafkaLane, figures({ a: 12, b: 5 }, { x: 9, y: 1 }));
  expect(book.messages().map(({ labels, totals }) => [labels.group, totals])).toEqual([
    [undefined, { sent: 17 }],
    ["billing", { processed: 10 }],
  ]);
});

test("a stream that was collected takes nothing away, and does not hide what others added", () => {
  const book = new FigureBook();
  book.book(key, kafkaLane, figures({ a: 1_000, b: 5 }));
  book.book(key, kafkaLane, figures({ b: 8 }));
  expect(book.messages()[0]?.totals).toEqual({ sent: 1_008 });
});

test("a store that lost writes takes nothing away, and what it shows again is not counted again", () => {
  const book = new FigureBook();
  for (const sent of [10, 4, 12]) book.book(key, kafkaLane, figures({ a: sent }));
  expect(book.messages()[0]?.totals).toEqual({ sent: 12 });
});

test("a lane that was forgotten leaves its totals to its destination", () => {
  const book = new FigureBook();
  book.book(key, kafkaLane, figures({ a: 10 }));
  book.forget(key);
  expect(book.messages()).toEqual([
    {
      labels: { system: "kafka", destination: "orders", partition: undefined, group: undefined },
      totals: { sent: 10 },
    },
  ]);
  expect(book.streams()).toEqual([]);
});
