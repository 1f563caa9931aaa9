import { type Collection, noNotes, type Store } from "@seqwatch/core";
import { expect, test } from "vitest";
import {
  confirmation,
  deliveries,
  following,
  kafkaLane,
  ledger,
  rabbitLane,
  receiptsIn,
  streamDeliveries,
  streamTestimony,
  testimony,
} from "./samples.ts";

const nothing: Collection = { streams: [], members: [], groups: [], wholeAtVersion: undefined };

/** What has had its time goes, and what was written since stays. */
export function describeCollection(store: () => Store): void {
  const collect = async (parts: Partial<Collection>): Promise<boolean> =>
    store().collect(kafkaLane, { ...nothing, ...parts });

  /** A stream of 100 with one loss, processed by a member that has left. */
  const finish = async (): Promise<void> => {
    await store().reportLedger(kafkaLane, ledger({ ended: 100, number: 2 }));
    const streams = [streamTestimony({ processed: [1, 6, 8, 100] })];
    const claim = { state: "closed", inWork: undefined, committed: 100 } as const;
    await store().reportTestimony(kafkaLane, testimony({ handled: [0, 99], streams, claim }));
    await store().confirm(kafkaLane, [confirmation()]);
  };

  test("a stream goes with its receipts and leaves its tally; what the group is done with stays", async () => {
    await finish();
    expect(await collect({ streams: [{ producerId: "producer-01", number: 2 }] })).toBe(false);
    const record = await store().readLane(kafkaLane);
    expect(record.ledgers.size).toBe(0);
    expect(record.groups.get("billing")?.receipts.size).toBe(0);
    expect(record.groups.get("billing")?.done.get(0)?.handled).toEqual([0, 99]);
    expect(record.collected).toEqual({ streams: 1, messages: 100, lost: 1, highest: 100 });
  });

  test("collecting it again changes nothing", async () => {
    await finish();
    await collect({ streams: [{ producerId: "producer-01", number: 2 }] });
    const record = await store().readLane(kafkaLane);
    await collect({ streams: [{ producerId: "producer-01", number: 2 }] });
    expect(await store().readLane(kafkaLane)).toEqual(record);
  });

  test("a stream that was reported since stays", async () => {
    await finish();
    await collect({ streams: [{ producerId: "producer-01", number: 1 }] });
    const record = await store().readLane(kafkaLane);
    expect({ size: record.ledgers.size, collected: record.collected }).toEqual({ size: 1, collected: undefined });
  });

  test("nothing is confirmed of what a collected stream had given out, should it come back", async () => {
    await finish();
    await collect({ streams: [{ producerId: "producer-01", number: 2 }] });
    await store().reportLedger(kafkaLane, ledger({ number: 3, assigned: 110, acked: [1, 110] }));
    const added = await store().confirm(kafkaLane, [confirmation({ sequences: [95, 105] })]);
    expect(added).toEqual([[101, 105]]);
    expect((await store().readLane(kafkaLane)).ledgers.get("producer-01")?.floor).toBe(101);
  });

  test("a producer's first report starts anew, whatever was collected before", async () => {
    await finish();
    await collect({ streams: [{ producerId: "producer-01", number: 2 }] });
    await store().reportLedger(kafkaLane, ledger({ producerId: "producer-02" }));
    expect((await store().readLane(kafkaLane)).ledgers.get("producer-02")?.floor).toBe(0);
  });

  test("other streams keep what they have", async () => {
    await finish();
    await store().reportLedger(kafkaLane, ledger({ producerId: "producer-02" }));
    const before = await store().readLane(kafkaLane);
    await collect({ streams: [{ producerId: "producer-02", number: 1 }] });
    const { ledgers, verdicts, groups } = await store().readLane(kafkaLane);
    expect({ ledger: ledgers.get("producer-01"), verdicts, groups }).toEqual({
      ledger: before.ledgers.get("producer-01"),
      verdicts: before.verdicts,
      groups: before.groups,
    });
  });

  test("a member goes unless it reported since, and must then send everything", async () => {
    const report = testimony({ handled: [0, 9] });
    await store().reportTestimony(kafkaLane, report);
    await collect({ members: [{ group: "billing", memberId: "member-1", number: 2 }] });
    expect((await store().readLane(kafkaLane)).groups.get("billing")?.members.size).toBe(1);
    await collect({ members: [{ group: "billing", memberId: "member-1", number: 1 }] });
    expect((await store().readLane(kafkaLane)).groups.get("billing")?.members.size).toBe(0);
    expect(await store().reportTestimony(kafkaLane, following(report))).toEqual({ kind: "send-all", era: 0 });
  });

  test("a group goes with everything of it, once it has no members", async () => {
    await finish();
    await store().writeNotes(kafkaLane, { ...noNotes, doubts: [{ group: "billing", to: 12 }] });
    await collect({ groups: ["billing"] });
    expect((await store().readLane(kafkaLane)).groups.size).toBe(1);
    await collect({ groups: ["billing"], members: [{ group: "billing", memberId: "member-1", number: 1 }] });
    expect((await store().readLane(kafkaLane)).groups.size).toBe(0);
    await store().reportTestimony(kafkaLane, testimony({ handled: [5, 6] }));
    const group = (await store().readLane(kafkaLane)).groups.get("billing");
    expect({ doubtTo: group?.doubtTo, done: group?.done.get(0)?.handled }).toEqual({ doubtTo: 0, done: [5, 6] });
    expect(await receiptsIn(store(), kafkaLane)).toBeUndefined();
  });

  test("a queue's consumers and streams go alike", async () => {
    await store().reportLedger(rabbitLane, ledger());
    const streams = [streamDeliveries({ received: [1, 5], fresh: [1, 5], processed: [1, 5] })];
    await store().reportDeliveries(rabbitLane, deliveries({ streams, state: "closed" }));
    await store().collect(rabbitLane, {
      ...nothing,
      streams: [{ producerId: "producer-01", number: 1 }],
      members: [{ group: "billing", memberId: "consumer-1", number: 1 }],
      groups: ["billing"],
    });
    const { ledgers, groups } = await store().readLane(rabbitLane);
    expect({ ledgers: ledgers.size, groups: groups.size }).toEqual({ ledgers: 0, groups: 0 });
  });

  test("a whole lane goes at the version that was seen, and is no longer listed", async () => {
    await finish();
    const { version } = await store().readLane(kafkaLane);
    expect(await collect({ wholeAtVersion: version - 1 })).toBe(false);
    expect(await collect({ wholeAtVersion: version })).toBe(true);
    expect(await collect({ wholeAtVersion: version })).toBe(true);
    expect((await store().readVersions()).size).toBe(0);
    expect((await store().readLane(kafkaLane)).version).toBe(0);
    await store().reportLedger(kafkaLane, ledger());
    expect([...(await store().readVersions()).values()]).toEqual([1]);
  });
}
