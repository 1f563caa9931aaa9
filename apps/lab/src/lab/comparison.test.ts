import { expect, test } from "vitest";
import { compare } from "./comparison.ts";
import type { Claim } from "./names.ts";

const claim = (name: string, more: Partial<Claim> = {}): Claim => ({
  name,
  state: "confirmed",
  verdict: "store.dropped",
  cause: undefined,
  group: "queue",
  sinceMs: 1_000,
  ...more,
});
const dropped = { state: "confirmed", verdict: "store.dropped" } as const;

test("a row is exact when each lost message is confirmed with its verdict, and nothing else is said", () => {
  const found = compare(
    [claim("a"), claim("b", { sinceMs: 3_000 })],
    { lost: ["a", "b"], says: [{ ...dropped, names: ["a", "b"] }] },
    new Set(["a", "b"]),
  );
  expect(found).toMatchObject({ exact: true, falseLosses: 0, missedLosses: 0, confirmedAtMs: 3_000 });
});

test("a lost message that nobody confirms is missed, and the row says what is said of it instead", () => {
  const doubt = claim("b", { state: "in-doubt", cause: "member-died" });
  const found = compare(
    [claim("a"), doubt],
    { lost: ["a", "b"], says: [{ ...dropped, names: ["a", "b"] }] },
    new Set(["a"]),
  );
  expect(found).toMatchObject({ exact: false, falseLosses: 0, missedLosses: 1 });
  expect(found.differences[0]).toContain("instead: 1 in-doubt store.dropped (member-died)");
});

test("a message that was confirmed and is not lost is false, even where it was taken back since", () => {
  const found = compare([], { lost: [], says: [] }, new Set(["a"]));
  expect(found).toMatchObject({ exact: false, falseLosses: 1 });
});

test("a confirmed message with another verdict is not exact, and neither false nor missed", () => {
  const found = compare(
    [claim("a", { verdict: "store.expired" })],
    { lost: ["a"], says: [{ ...dropped, names: ["a"] }] },
    new Set(["a"]),
  );
  expect(found).toMatchObject({ exact: false, falseLosses: 0, missedLosses: 0 });
});

test("a row whose fault took nothing is not exact, unless the row says why that may be", () => {
  const empty = { ...dropped, names: [] };
  const found = compare([], { lost: [], says: [empty] }, new Set());
  expect(found.differences).toEqual([
    "the fault took nothing: no message is there to be said to be confirmed store.dropped",
  ]);
  const says = [{ ...empty, mayBeEmpty: "the network may let everything through" }];
  expect(compare([], { lost: [], says }, new Set()).exact).toBe(true);
});

test("each lost message is spoken of in some way, or is missed", () => {
  const expected = { lost: ["a", "b"], says: [], may: [{ state: "in-doubt", names: ["a", "b"] }] } as const;
  const found = compare([claim("a", { state: "in-doubt" })], expected, new Set());
  expect(found).toMatchObject({ exact: false, missedLosses: 1 });
  expect(found.differences).toEqual(["lost, and nothing is said of it: 1 (b)"]);
});

test("a loss that nobody can prove may go unsaid where the row says why, and is counted", () => {
  const silent = { names: ["a"], reason: "its owner alone sees the queue" };
  expect(compare([], { lost: ["a"], silent, says: [] }, new Set())).toMatchObject({
    exact: true,
    missedLosses: 0,
    silent: { messages: 1, reason: "its owner alone sees the queue" },
  });
});

test("what a row leaves open may be said or not", () => {
  const expected = { lost: [], says: [], may: [{ state: "in-doubt", names: ["a"] }] } as const;
  expect(compare([], expected, new Set()).exact).toBe(true);
  expect(compare([claim("a", { state: "in-doubt" })], expected, new Set()).exact).toBe(true);
  expect(compare([claim("b", { state: "in-doubt" })], expected, new Set()).exact).toBe(false);
});

test("what is explained is not compared unless a row asks for it", () => {
  const explained = claim("a", { state: "explained", verdict: "store.aborted" });
  expect(compare([explained], { lost: [], says: [] }, new Set()).exact).toBe(true);
  const asked = { lost: [], says: [{ state: "explained", verdict: "store.compacted", names: ["a"] }] } as const;
  expect(compare([explained], asked, new Set()).exact).toBe(false);
});

test("a finding for all groups is told from one for a group", () => {
  const says = [{ ...dropped, group: null, names: ["a"] }];
  expect(compare([claim("a")], { lost: ["a"], says }, new Set(["a"])).exact).toBe(false);
  expect(compare([claim("a", { group: undefined })], { lost: ["a"], says }, new Set(["a"])).exact).toBe(true);
});
