import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { playedHistories } from "./index-of-histories.ts";

const root = new URL("../../../../../", import.meta.url);

test("every history that concerns Kafka or RabbitMQ is played, once in the list", () => {
  const numbered = (letter: string, last: number): readonly string[] =>
    Array.from({ length: last }, (_, at) => `${letter}${at + 1}`);
  // F44 is RocketMQ's.
  const wanted = [...numbered("F", 45).filter((id) => id !== "F44"), ...numbered("K", 13)];
  expect(playedHistories.map(({ id }) => id).sort()).toEqual([...wanted].sort());
});

test.each(playedHistories)("$id is played where the list says", ({ file, test: name }) => {
  const text = readFileSync(new URL(file, root), "utf8");
  expect(name).not.toBe("");
  expect(text.split(`"${name}`).length - 1).toBe(1);
});
