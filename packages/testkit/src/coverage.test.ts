import {
  coverageOf,
  createMemoryStore,
  findNamedTwice,
  type Lane,
  laneKeyOf,
  lanesNamedAlike,
  textOfNamedTwice,
} from "@seqwatch/core";
import { expect, test } from "vitest";
import { ledger, testimony } from "./store/samples.ts";

const orders: Lane = { system: "kafka", cluster: "MkU3", destination: "orders", partition: "0" };
const renamed: Lane = { ...orders, cluster: "production" };
const totals = { received: 0, processed: 0, redelivered: 0, unstamped: 0, forwarded: 0, skipped: 0 };

/** What a store holds where producers and members say these things. */
async function looksOf(sent: readonly Lane[], read: readonly (readonly [Lane, Partial<typeof totals>])[]) {
  const store = createMemoryStore();
  for (const lane of sent) await store.reportLedger(lane, ledger({ assigned: 10, acked: [1, 10], unauditedCount: 3 }));
  for (const [lane, some] of read) {
    await store.reportTestimony(lane, testimony({ group: "billing", totals: { ...totals, ...some } }));
  }
  const lanes = new Map([...sent, ...read.map(([lane]) => lane)].map((lane) => [laneKeyOf(lane), lane]));
  return await Promise.all([...lanes.values()].map(async (lane) => ({ lane, record: await store.readLane(lane) })));
}

test("coverage is the share of what a group got that was stamped for where it was read", async () => {
  const looks = await looksOf([orders], [[orders, { received: 20, unstamped: 4, forwarded: 1 }]]);
  expect(coverageOf(looks)).toEqual([
    {
      system: "kafka",
      cluster: "MkU3",
      destination: "orders",
      streams: 1,
      stamped: 10,
      unstamped: 3,
      groups: [{ group: "billing", received: 20, unstamped: 4, forwarded: 1, audited: 0.75 }],
    },
  ]);
});

test("partitions of one destination are added up; who got nothing misses nothing", async () => {
  const looks = await looksOf([orders, { ...orders, partition: "1" }], [[orders, {}]]);
  const [found] = coverageOf(looks);
  expect([found?.streams, found?.stamped, found?.groups[0]?.audited]).toEqual([2, 20, 1]);
});

test("a destination that is sent to under one name and read under another is found, with both names", async () => {
  const looks = await looksOf([renamed], [[orders, { received: 10, forwarded: 10 }]]);
  const found = findNamedTwice(looks);
  expect(found).toEqual([
    {
      system: "kafka",
      destination: "orders",
      stampedAs: "production",
      readAs: "MkU3",
      groups: ["billing"],
      partitionCount: 1,
    },
  ]);
  expect(found.map(textOfNamedTwice)[0]).toContain('cluster "production", read by billing as of cluster "MkU3"');
});

test("a mirror whose source is read as well is not one cluster with two names", async () => {
  const looks = await looksOf(
    [renamed],
    [
      [renamed, { received: 10 }],
      [orders, { received: 10, forwarded: 10 }],
    ],
  );
  expect(findNamedTwice(looks)).toEqual([]);
});

test("only lanes that differ in the cluster alone are looked at", () => {
  const other = { ...orders, partition: "1" };
  expect(lanesNamedAlike([orders, other, renamed].map(laneKeyOf))).toEqual([orders, renamed]);
});
