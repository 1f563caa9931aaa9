import { expect, test } from "vitest";
import { neverHeard, unheardAfter } from "./kafka-unheard.ts";
import type { GroupRecord } from "./lane-record.ts";
import type { GroupReading } from "./reading.ts";
import { emptyGroup, noTotals, openClaim } from "./stored-lane.ts";

/** What is known after looks at a group with these members, a second apart. */
function after(...looks: readonly { readonly members: Record<string, boolean>; readonly heard?: readonly string[] }[]) {
  let unheard: ReturnType<typeof unheardAfter> = new Map();
  for (const [second, { members, heard = [] }] of looks.entries()) {
    const watchedClients = new Map(Object.entries(members));
    const group: GroupReading = { committed: 40, isEmpty: false, watchedClients, foreignMemberCount: 0 };
    unheard = unheardAfter(unheard, group, recordOf(heard), second * 1_000);
  }
  return unheard;
}

function recordOf(clientIds: readonly string[]): GroupRecord {
  const members = clientIds.map((clientId) => {
    const record = { clientId, number: 1, nonce: "n", claim: openClaim, totals: noTotals, highest: new Map() };
    return [clientId, record] as const;
  });
  return { ...emptyGroup, members: new Map(members) };
}

test("a member that may have the lane is unheard until the lane's record holds a word of it", () => {
  expect(after({ members: { mute: true } })).toEqual(new Map([["mute", undefined]]));
  expect(after({ members: { mute: true } }, { members: { mute: true }, heard: ["mute"] })).toEqual(new Map());
});

test("a member whose partitions are others has nothing to say of this one", () => {
  expect(after({ members: { elsewhere: true } }, { members: { elsewhere: false } })).toEqual(new Map());
});

test("one that left without a word is given the time of a report, and then never heard", () => {
  const left = after({ members: { mute: true } }, { members: {} }, { members: {} }, { members: {} });
  expect(left).toEqual(new Map([["mute", 1_000]]));
  expect(neverHeard(left, 999)).toEqual([]);
  expect(neverHeard(left, 1_000)).toEqual(["mute"]);
  expect(unheardAfter(left, undefined, recordOf(["mute"]), 5_000)).toEqual(new Map());
});

test("one that comes back is waited for again", () => {
  expect(after({ members: { mute: true } }, { members: {} }, { members: { mute: true } })).toEqual(
    new Map([["mute", undefined]]),
  );
});
