import { type Confirmation, noNotes, type RangeSet, type Store } from "@seqwatch/core";
import { expect, test } from "vitest";
import {
  confirmation,
  deliveries,
  kafkaLane,
  ledger,
  rabbitLane,
  receiptsIn,
  streamDeliveries,
  streamTestimony,
  testimony,
} from "./samples.ts";

/** What an auditor notes and confirms. */
export function describeAudit(store: () => Store): void {
  const confirm = async (...confirmations: Confirmation[]): Promise<readonly RangeSet[]> =>
    store().confirm(kafkaLane, confirmations);

  test("notes are kept, and noting them again changes nothing", async () => {
    const notes = {
      ...noNotes,
      doubts: [{ group: "billing", to: 12 }],
      streamDoubts: [{ group: "billing", producerId: "producer-01", to: 9 }],
      seen: [{ producerId: "producer-01", sequences: [3, 4] }],
      withdrawn: [
        { producerId: "producer-01", group: undefined, sequences: [5, 5] },
        { producerId: "producer-01", group: "billing", sequences: [6, 6] },
      ],
      settled: [{ producerId: "producer-01", to: 2 }],
      asked: [{ producerId: "producer-01", sequences: [7, 7] }],
      eraRise: { era: 1, cut: 40 },
    };
    await store().writeNotes(kafkaLane, notes);
    const record = await store().readLane(kafkaLane);
    expect(record).toMatchObject({ version: 1, era: 1, cut: 40 });
    expect(record.verdicts.get("producer-01")).toEqual({ seen: [3, 4], lost: [], withdrawn: [5, 5] });
    expect(record.groups.get("billing")?.doubtTo).toBe(12);
    expect(await receiptsIn(store(), kafkaLane)).toMatchObject({ doubtTo: 9, withdrawn: [6, 6] });
    await store().writeNotes(kafkaLane, notes);
    expect(await store().readLane(kafkaLane)).toEqual(record);
  });

  test("notes only grow", async () => {
    await store().writeNotes(kafkaLane, { ...noNotes, doubts: [{ group: "billing", to: 12 }] });
    await store().writeNotes(kafkaLane, {
      ...noNotes,
      doubts: [
        { group: "billing", to: 5 },
        { group: "nobody", to: 0 },
      ],
    });
    const { groups, version } = await store().readLane(kafkaLane);
    expect({ doubtTo: groups.get("billing")?.doubtTo, size: groups.size, version }).toEqual({
      doubtTo: 12,
      size: 1,
      version: 1,
    });
  });

  test("the first cut of an era stands, and one that is known by its label alone is given one", async () => {
    await store().reportTestimony(kafkaLane, testimony({ era: 2 }));
    for (const [era, cut] of [
      [1, 10],
      [2, 20],
      [2, 30],
    ] as const) {
      await store().writeNotes(kafkaLane, { ...noNotes, eraRise: { era, cut } });
    }
    expect(await store().readLane(kafkaLane)).toMatchObject({ era: 2, cut: 20 });
    await store().writeNotes(kafkaLane, { ...noNotes, eraRise: { era: 3, cut: 40 } });
    expect(await store().readLane(kafkaLane)).toMatchObject({ era: 3, cut: 40 });
  });

  test("a confirmed loss is new once", async () => {
    await store().reportLedger(kafkaLane, ledger());
    expect(await confirm(confirmation({ sequences: [7, 9] }), confirmation({ sequences: [9, 10] }))).toEqual([
      [7, 9],
      [10, 10],
    ]);
    const record = await store().readLane(kafkaLane);
    expect(await receiptsIn(store(), kafkaLane)).toMatchObject({ lost: [7, 10] });
    expect(await confirm(confirmation({ sequences: [7, 10] }))).toEqual([[]]);
    expect(await store().readLane(kafkaLane)).toEqual(record);
  });

  test("what is lost at the stream is not lost once more for a group", async () => {
    await store().reportLedger(kafkaLane, ledger());
    expect(await confirm(confirmation({ group: undefined }))).toEqual([[7, 7]]);
    expect(await confirm(confirmation({ sequences: [6, 8] }))).toEqual([[6, 6, 8, 8]]);
    expect((await store().readLane(kafkaLane)).verdicts.get("producer-01")?.lost).toEqual([7, 7]);
  });

  test("nothing is confirmed for another era, without a ledger, or beyond what it claims", async () => {
    expect(await confirm(confirmation())).toEqual([[]]);
    await store().reportLedger(kafkaLane, ledger({ floor: 5 }));
    expect(await confirm(confirmation({ era: 1 }))).toEqual([[]]);
    expect(await confirm(confirmation({ sequences: [101, 102] }))).toEqual([[]]);
    expect(await confirm(confirmation({ sequences: [4, 5] }))).toEqual([[5, 5]]);
  });

  test("what was processed or withdrawn meanwhile is not confirmed, at the stream by any group", async () => {
    await store().reportLedger(kafkaLane, ledger());
    const streams = [streamTestimony({ processed: [1, 2] })];
    await store().reportTestimony(kafkaLane, testimony({ handled: [0, 1], streams }));
    await store().writeNotes(kafkaLane, {
      ...noNotes,
      withdrawn: [
        { producerId: "producer-01", group: "billing", sequences: [3, 3] },
        { producerId: "producer-01", group: undefined, sequences: [4, 4] },
      ],
    });
    expect(await confirm(confirmation({ sequences: [1, 5] }))).toEqual([[5, 5]]);
    expect(await confirm(confirmation({ group: "shipping", sequences: [1, 5] }))).toEqual([[1, 3, 5, 5]]);
    expect(await confirm(confirmation({ group: undefined, sequences: [1, 5] }))).toEqual([[3, 3, 5, 5]]);
  });

  test("what was void and not acked is not confirmed", async () => {
    const voided = [
      { reason: "refused", sequences: [3, 4] },
      { reason: "nacked", sequences: [6, 7] },
    ] as const;
    await store().reportLedger(kafkaLane, ledger({ acked: [1, 2, 7, 100], voided }));
    expect(await confirm(confirmation({ sequences: [1, 8] }))).toEqual([[1, 2, 5, 5, 7, 8]]);
  });

  test("a proof that rests on what was left behind falls with the group's doubt", async () => {
    await store().reportLedger(kafkaLane, ledger());
    await store().writeNotes(kafkaLane, { ...noNotes, doubts: [{ group: "billing", to: 12 }] });
    expect(await confirm(confirmation({ leftBehindFrom: 11 }))).toEqual([[]]);
    expect(await confirm(confirmation({ leftBehindFrom: 12 }))).toEqual([[7, 7]]);
  });

  test("nothing is confirmed at or above the ceiling", async () => {
    const processed = Array.from({ length: 65 }, (_, index) => [2 * index + 1, 2 * index + 1]).flat();
    await store().reportTestimony(
      kafkaLane,
      testimony({ handled: [0, 64], streams: [streamTestimony({ processed })] }),
    );
    await store().reportLedger(kafkaLane, ledger({ assigned: 200, acked: [1, 200] }));
    expect(await confirm(confirmation({ sequences: [126, 130] }))).toEqual([[126, 126, 128, 128]]);
  });

  test("for a queue nothing is confirmed that was received, rejected, waits, or is in doubt", async () => {
    await store().reportLedger(rabbitLane, ledger());
    const streams = [streamDeliveries({ received: [8, 8], rejected: [9, 9] })];
    await store().reportDeliveries(rabbitLane, deliveries({ streams }));
    await store().writeNotes(rabbitLane, {
      ...noNotes,
      streamDoubts: [{ group: "billing", producerId: "producer-01", to: 5 }],
    });
    expect(await store().confirm(rabbitLane, [confirmation({ sequences: [4, 11] })])).toEqual([[6, 7, 10, 11]]);
  });

  test("lanes are listed with their versions", async () => {
    await store().reportLedger(kafkaLane, ledger());
    await store().writeNotes(rabbitLane, { ...noNotes, eraRise: { era: 1, cut: 1 } });
    await store().writeNotes(rabbitLane, { ...noNotes, eraRise: { era: 2, cut: 1 } });
    const versions = { "kafka/main/orders/0": 1, "rabbitmq/main/orders/new": 2 };
    expect(Object.fromEntries(await store().readVersions())).toEqual(versions);
  });
}
