import { expect, test } from "vitest";
import { KnownPlaces } from "./known-places.ts";

const p = "AAAAAAAAAAA";

test("the other place of a message is known, and a message at its own place is no copy", () => {
  const places = new KnownPlaces();
  for (let sequence = 1; sequence <= 100; sequence += 1) expect(places.note(p, sequence, sequence + 9)).toBeUndefined();
  expect(places.note(p, 40, 49)).toBeUndefined();
  expect(places.note(p, 40, 200)).toBe(49);
  expect(places.note("BBBBBBBBBBB", 40, 201)).toBeUndefined();
  expect([places.behind(p, 40), places.behind(p, 101)]).toEqual([60, 0]);
});

test("only the newest places are remembered", () => {
  const places = new KnownPlaces();
  for (let sequence = 1; sequence <= 200; sequence += 1) places.note(p, sequence, 2 * sequence);
  expect(places.note(p, 1, 500)).toBeUndefined();
  expect(places.note(p, 200, 501)).toBe(400);
});
