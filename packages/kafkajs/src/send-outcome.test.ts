import { expect, test } from "vitest";
import { coverageOf } from "./send-outcome.ts";

const answerOf = (...entries: readonly (readonly [topic: string, partition: number, baseOffset?: string])[]) =>
  entries.map(([topicName, partition, baseOffset]) => ({ topicName, partition, ...(baseOffset && { baseOffset }) }));

test.each([
  ["is placed at its base offset", answerOf(["orders", 1, "17"]), { kind: "placed", baseOffset: 17 }],
  ["of another topic or partition is no answer", answerOf(["other", 1, "1"], ["orders", 2, "2"]), { kind: "omitted" }],
  ["at offset -1 lies somewhere", answerOf(["orders", 1, "-1"]), { kind: "somewhere", isDouble: false }],
  ["without an offset lies somewhere", answerOf(["orders", 1]), { kind: "somewhere", isDouble: false }],
  [
    "answered twice is a double",
    answerOf(["orders", 1, "3"], ["orders", 1, "9"]),
    { kind: "somewhere", isDouble: true },
  ],
])("a partition %s", (_, answer, coverage) => {
  expect(coverageOf("orders", 1, answer)).toEqual(coverage);
});
