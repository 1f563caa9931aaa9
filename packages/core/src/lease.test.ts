import { expect, test } from "vitest";
import {
  type LeaseAnswer,
  type LeaseWatch,
  leaseSlotCount,
  leaseSlotOf,
  nextWish,
  noLeases,
  noteAnswer,
  noteSilence,
} from "./lease.ts";
import { mergeLease, noLeaseTable } from "./merge-lease.ts";

const leaseMs = 3_500;

/** Auditors over one table, each with its own idea of the others. */
function auditorsOver(...ids: string[]) {
  let table = noLeaseTable;
  const watches = new Map<string, LeaseWatch>(ids.map((id) => [id, noLeases]));
  const renew = (id: string, nowMs: number): readonly number[] => {
    const watch = watches.get(id) ?? noLeases;
    const wish = nextWish(watch, id, leaseMs);
    const merged = mergeLease(table, wish);
    table = merged.table;
    const answer: LeaseAnswer = { ...merged.answer, savedCount: 0 };
    watches.set(id, noteAnswer(watch, wish, answer, nowMs));
    return merged.answer.slots;
  };
  const miss = (id: string): void => {
    watches.set(id, noteSilence(watches.get(id) ?? noLeases));
  };
  return { renew, miss };
}

test("an auditor that is alone looks after everything", () => {
  const { renew } = auditorsOver("a");
  expect(renew("a", 0)).toHaveLength(leaseSlotCount);
});

test("a second one gets half of it, and no slot has two owners at any time", () => {
  const { renew } = auditorsOver("a", "b");
  renew("a", 0);
  expect(renew("b", 10)).toEqual([]);
  // It hears of the other with the answer to its own sign, and gives with the next.
  renew("a", 1_000);
  const kept = renew("a", 1_001);
  const taken = renew("b", 1_010);
  expect([kept.length, taken.length]).toEqual([64, 64]);
  expect(new Set([...kept, ...taken]).size).toBe(leaseSlotCount);
});

/** Two that share everything, each last heard of at 1,000. */
function twoAuditors() {
  const both = auditorsOver("a", "b");
  for (const nowMs of [0, 500, 1_000]) for (const id of ["a", "b"]) both.renew(id, nowMs);
  return both;
}

test("what a dead one held is taken over once its number stood still for the length of a lease", () => {
  const { renew } = twoAuditors();
  for (const nowMs of [2_000, 3_000, 4_000, 4_499]) expect(renew("b", nowMs)).toHaveLength(64);
  expect(renew("b", 4_500)).toHaveLength(64);
  expect(renew("b", 5_500)).toHaveLength(leaseSlotCount);
});

test("one that wakes up gets nothing of what was taken over, and an even share soon after", () => {
  const { renew } = twoAuditors();
  for (const nowMs of [2_000, 3_000, 4_000, 5_000]) renew("b", nowMs);
  expect(renew("b", 6_000)).toHaveLength(leaseSlotCount);
  expect(renew("a", 20_000)).toEqual([]);
  renew("b", 20_500);
  renew("b", 21_500);
  expect(renew("a", 22_000)).toHaveLength(64);
});

test("time in which the store was away makes nobody dead", () => {
  const { renew, miss } = twoAuditors();
  for (let second = 0; second < 30; second++) miss("b");
  expect(renew("b", 60_000)).toHaveLength(64);
  expect(renew("a", 60_010)).toHaveLength(64);
});

test("after the store lost everything each takes again what it had", () => {
  const { table } = mergeLease(noLeaseTable, { auditorId: "b", number: 9, keep: [5, 7], most: 2, dead: [] });
  const { answer } = mergeLease(table, { auditorId: "a", number: 4, keep: [5, 6], most: 3, dead: [] });
  expect(answer.slots).toEqual([0, 1, 6]);
});

test("lanes are spread evenly over the slots", () => {
  const counts = new Map<number, number>();
  for (let at = 0; at < 12_800; at++) {
    const slot = leaseSlotOf(`kafka/cluster/orders-${at % 100}/${at}`);
    counts.set(slot, (counts.get(slot) ?? 0) + 1);
  }
  expect(counts.size).toBe(leaseSlotCount);
  expect(Math.max(...counts.values())).toBeLessThan(200);
});
