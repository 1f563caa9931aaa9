import { type LeaseWish, laneKeyOf, leaseSlotCount, leaseSlotOf, type Store } from "@seqwatch/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { finding } from "./samples.ts";

const all = Array.from({ length: leaseSlotCount }, (_, slot) => slot);
const wish = (auditorId: string, parts: Partial<LeaseWish> = {}): LeaseWish => ({
  auditorId,
  number: 1,
  keep: [],
  most: leaseSlotCount,
  dead: [],
  ...parts,
});

/** How several auditors share the lanes of one store. */
export function describeLeases(store: () => Store): void {
  test("the first auditor gets everything, the second what the first gives back", async () => {
    expect((await store().lease(wish("one"))).slots).toEqual(all);
    expect((await store().lease(wish("two"))).slots).toEqual([]);
    const { slots, auditors } = await store().lease(wish("one", { number: 2, keep: all.slice(0, 64), most: 64 }));
    expect(slots).toEqual(all.slice(0, 64));
    expect(auditors).toEqual(
      new Map([
        ["one", 2],
        ["two", 1],
      ]),
    );
    expect((await store().lease(wish("two", { number: 2, most: 64 }))).slots).toEqual(all.slice(64));
  });

  test("a wish that is repeated gets the same again", async () => {
    const first = await store().lease(wish("one", { keep: [90, 3], most: 4 }));
    expect(first.slots).toEqual([0, 1, 3, 90]);
    expect(await store().lease(wish("one", { keep: [90, 3], most: 4 }))).toEqual(first);
  });

  test("one that is called dead loses its slots only where its number is still the one that was seen", async () => {
    await store().lease(wish("one", { number: 7 }));
    const early = await store().lease(wish("two", { dead: [{ auditorId: "one", number: 6 }] }));
    expect([early.slots, early.auditors.get("one")]).toEqual([[], 7]);
    const due = await store().lease(wish("two", { number: 2, dead: [{ auditorId: "one", number: 7 }] }));
    expect([due.slots, [...due.auditors.keys()]]).toEqual([all, ["two"]]);
    // It wakes up and finds nothing left.
    expect((await store().lease(wish("one", { number: 8, keep: all }))).slots).toEqual([]);
  });

  test("one that leaves is forgotten at once", async () => {
    await store().lease(wish("one"));
    await store().lease(wish("one", { number: 2, most: 0 }));
    const { slots, auditors } = await store().lease(wish("two"));
    expect([slots, [...auditors.keys()]]).toEqual([all, ["two"]]);
  });

  test("a finding of a lane that another auditor holds is refused; what nobody holds is anyone's", async () => {
    const one = finding();
    const slot = leaseSlotOf(laneKeyOf(one.lane));
    expect(await store().saveFindings([one], "two")).toEqual(new Set([one.id]));
    await store().lease(wish("one", { keep: [slot], most: 1 }));
    expect(await store().saveFindings([{ ...one, changedAtMs: 9_000 }], "two")).toEqual(new Set());
    expect(await store().readFindings()).toEqual([one]);
    const later = { ...one, changedAtMs: 9_500 };
    expect(await store().saveFindings([later], "one")).toEqual(new Set([one.id]));
    expect(await store().readFindings()).toEqual([later]);
  });

  test("the count of writes tells the others that there is something new", async () => {
    const before = await store().lease(wish("one"));
    await store().saveFindings([finding()], "one");
    const after = await store().lease(wish("two"));
    expect(after.savedCount).toBe(before.savedCount + 1);
  });

  test("whatever auditors wish, a slot has one owner and an owner lives", async () => {
    const id = fc.constantFrom("one", "two", "three");
    const slots = fc.uniqueArray(fc.nat(leaseSlotCount - 1), { maxLength: 40 });
    const operation = fc.record({ auditorId: id, keep: slots, most: fc.nat(leaseSlotCount), dead: fc.option(id) });
    const property = fc.asyncProperty(fc.array(operation, { maxLength: 20 }), async (operations) => {
      const held = new Map<string, readonly number[]>();
      let number = 0;
      let known: ReadonlyMap<string, number> = new Map();
      for (const { auditorId, keep, most, dead } of operations) {
        const seen = known.get(dead ?? "");
        const dying = dead === null || seen === undefined ? [] : [{ auditorId: dead, number: seen }];
        const answer = await store().lease({ auditorId, number: (number += 1), keep, most, dead: dying });
        known = answer.auditors;
        held.set(auditorId, answer.slots);
        for (const owner of held.keys()) if (!known.has(owner)) held.delete(owner);
        const owned = [...held.values()].flat();
        expect(new Set(owned).size).toBe(owned.length);
        expect(answer.slots.length).toBeLessThanOrEqual(most);
      }
      for (const auditorId of ["one", "two", "three"]) await store().lease(wish(auditorId, { most: 0 }));
    });
    await fc.assert(property, { numRuns: 40 });
  });
}
