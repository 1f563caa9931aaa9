import { complaintAbout } from "@seqwatch/testkit/replaced-source";
import { expect, test } from "vitest";
import { loadScenarios, selectScenarios } from "./catalogue.ts";
import type { Scenario } from "./scenario.ts";

const scenarios = await loadScenarios();

test("each row's rule is still where the row takes it out, so that the row can still be shown to fail", () => {
  const complaints = scenarios.flatMap(({ id, broken }) => {
    const complaint = complaintAbout(broken);
    return complaint === undefined ? [] : [`${id}: ${complaint}`];
  });
  expect(complaints).toEqual([]);
});

test("every row of the catalogue that Kafka and RabbitMQ have is there under its own id", () => {
  const numbers = (stage: string, last: number, ...others: readonly number[]): readonly string[] =>
    Array.from({ length: last }, (_, at) => at + 1)
      .filter((number) => !others.includes(number))
      .map((number) => `${stage}${number}`);
  // P15, S11 and C13 are RocketMQ's.
  const rows = [...numbers("P", 21, 15), ...numbers("S", 14, 11), ...numbers("C", 19, 13), ...numbers("D", 9)];
  const ids = new Set(scenarios.map(({ id }) => id));
  expect(rows.filter((id) => !ids.has(id))).toEqual([]);
});

test("no two rows share an id, and each has a title of one line", () => {
  const ids = scenarios.map(({ id }) => id);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  expect(scenarios.filter(({ title }) => title === "" || title.includes("\n") || title.length > 100)).toEqual([]);
});

const row = (id: string): Scenario => ({
  id,
  title: id,
  world: {},
  broken: { rule: "", file: "", from: "", to: "" },
  play: async () => ({ lost: [], says: [] }),
});
const some = ["P1", "P1.resend", "P10", "S1", "C2", "D1", "L1"].map(row);
const chosen = (...wishes: string[]): readonly string[] => selectScenarios(some, wishes).map(({ id }) => id);

test("a row is chosen with its twins, and not with those whose number begins like its own", () => {
  expect(chosen("p1")).toEqual(["P1", "P1.resend"]);
  expect(chosen("P1.resend", "S1")).toEqual(["P1.resend", "S1"]);
  expect(chosen("=P1", "=c2")).toEqual(["P1", "C2"]);
});

test("a letter chooses its stage; without any wish produce, store, consume and duplicates are played", () => {
  expect(chosen("P")).toEqual(["P1", "P1.resend", "P10"]);
  expect(chosen()).toEqual(["P1", "P1.resend", "P10", "S1", "C2", "D1"]);
  expect(chosen("all")).toHaveLength(some.length);
});

test("a row that nobody wrote is an error that says how to see them all", () => {
  expect(() => chosen("P99")).toThrow("--list");
});
