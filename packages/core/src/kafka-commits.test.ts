import { expect, test } from "vitest";
import { commitBefore, commitsAfter } from "./kafka-commits.ts";
import { type GroupMemory, noGroupMemory } from "./kafka-memory.ts";
import type { MemberRecord } from "./lane-record.ts";
import { emptyGroup, noTotals } from "./stored-lane.ts";

function lookAt(committed: number | undefined, claimed: number, number: number, isMadeAgain = false) {
  const claim = { state: "closed", inWork: undefined, committed: claimed } as const;
  const member: MemberRecord = { clientId: "worker", number, nonce: "n", claim, totals: noTotals, highest: new Map() };
  const record = { ...emptyGroup, members: new Map([["worker", member]]) };
  return { group: { committed, isEmpty: true, watchedClients: new Map(), foreignMemberCount: 0 }, record, isMadeAgain };
}

function after(memory: GroupMemory, look: ReturnType<typeof lookAt>): GroupMemory {
  return { ...memory, ...commitsAfter(memory, look) };
}

test("the highest commit is the highest that was ever read or claimed", () => {
  const first = after(noGroupMemory, lookAt(40, 45, 1));
  expect(after(first, lookAt(30, 45, 1)).highestCommit).toBe(45);
});

test("a topic that was made again is measured by its own commits, and its life before by those of then", () => {
  const before = after(noGroupMemory, lookAt(40, 45, 1));
  const made = after(before, lookAt(undefined, 45, 1, true));
  expect([made.highestCommit, commitBefore(made, true)]).toEqual([0, 45]);
  const later = after(made, lookAt(10, 45, 1));
  expect([later.highestCommit, commitBefore(later, true)]).toEqual([10, 45]);
});

test("what a member claims in its next report counts again", () => {
  const made = after(after(noGroupMemory, lookAt(40, 45, 1)), lookAt(undefined, 45, 1, true));
  expect(after(made, lookAt(10, 12, 2)).highestCommit).toBe(12);
});

test("after a mere cut the commits of before still count", () => {
  const before = after(noGroupMemory, lookAt(40, 45, 1));
  expect(commitBefore(before, false)).toBe(45);
});
