import { noNotes, type Store } from "@seqwatch/core";
import { expect, test } from "vitest";
import { factsOf, following, kafkaLane, ledger, receiptsIn, stored, streamTestimony, testimony } from "./samples.ts";

const everything = ledger({
  number: 12,
  nonce: "a;b%c",
  clientId: "client; of : all , marks",
  assigned: 90,
  ended: 80,
  confirms: false,
  acked: [1, 10, 20, 20],
  omitted: [11, 12],
  uncertain: [13, 13, 15, 15],
  stuck: [15, 15],
  told: [16, 17],
  returned: [20, 20],
  retried: [1, 2],
  lifetimes: { transient: [1, 90], expiring: [4, 5, 9, 9], expiresAfterMs: 1_500 },
  voided: [
    { reason: "too-large", sequences: [30, 31] },
    { reason: "nacked", sequences: [33, 33] },
    { reason: "unstamped", sequences: [35, 36] },
  ],
  chunks: [
    { first: 1, last: 1, low: 0, high: 0, exact: true, era: 0 },
    { first: 2, last: 10, low: 5, high: 13, exact: true, era: 2 },
    { first: 2, last: 10, low: 5, high: 99, exact: false, era: 0 },
  ],
  brackets: [
    { first: 11, last: 12, above: 13, upTo: 20, era: 2 },
    { first: 13, last: 13, above: undefined, upTo: undefined, era: 0 },
  ],
  floor: 3,
  unauditedCount: 5,
  references: [{ sequence: 11, text: 'order; "17"\nµ' }],
});

/** What a producer's reports do to a lane. */
export function describeLedger(store: () => Store): void {
  test("a ledger is read as it was reported, but for the nonce it built on", async () => {
    await store().reportLedger(kafkaLane, everything);
    const { ledgers, era, version } = await store().readLane(kafkaLane);
    expect(ledgers.get("producer-01")).toEqual({ ...everything, buildsOn: "" });
    expect({ era, version }).toEqual({ era: 2, version: 1 });
  });

  test("a stream that acked nothing yet is read as it was reported", async () => {
    const fresh = ledger({ assigned: 0, acked: [] });
    await store().reportLedger(kafkaLane, fresh);
    expect((await store().readLane(kafkaLane)).ledgers.get("producer-01")).toEqual(fresh);
  });

  test("a later ledger replaces the one before, whatever was lost between", async () => {
    await store().reportLedger(kafkaLane, ledger());
    const later = ledger({ number: 9, nonce: "nine", buildsOn: "eight", assigned: 200, acked: [1, 150] });
    expect(await store().reportLedger(kafkaLane, later)).toEqual(stored);
    expect((await store().readLane(kafkaLane)).ledgers.get("producer-01")).toMatchObject({ number: 9, assigned: 200 });
  });

  test("a ledger that comes twice is stored once", async () => {
    await store().reportLedger(kafkaLane, ledger());
    const before = await store().readLane(kafkaLane);
    expect(await store().reportLedger(kafkaLane, ledger())).toEqual(stored);
    expect(await store().readLane(kafkaLane)).toEqual(before);
  });

  test("a ledger that does not build on the one that is as far is of a clone, and stores nothing", async () => {
    await store().reportLedger(kafkaLane, ledger());
    const before = await store().readLane(kafkaLane);
    const clone = ledger({ nonce: "of-the-clone", buildsOn: "before-the-clone" });
    expect(await store().reportLedger(kafkaLane, clone)).toEqual({ kind: "clone" });
    expect(await store().readLane(kafkaLane)).toEqual(before);
  });

  test("a producer is told the era, what is settled, and of which sequences it owes a reference", async () => {
    await store().writeNotes(kafkaLane, {
      ...noNotes,
      asked: [{ producerId: "producer-01", sequences: [5, 8] }],
      settled: [{ producerId: "producer-01", to: 4 }],
      eraRise: { era: 1, cut: 50 },
    });
    const report = ledger({ references: [{ sequence: 6, text: "order 6" }] });
    const answer = { kind: "stored", era: 1, asked: [5, 5, 7, 8], settledTo: 4 };
    expect(await store().reportLedger(kafkaLane, report)).toEqual(answer);
    expect(await store().reportLedger(kafkaLane, report)).toEqual(answer);
  });

  test("receipts above the ledger wait, and count as soon as the ledger claims them", async () => {
    await store().reportLedger(kafkaLane, ledger({ assigned: 5, acked: [1, 5] }));
    const streams = [streamTestimony({ processed: [4, 8] })];
    await store().reportTestimony(kafkaLane, testimony({ handled: [0, 4], streams }));
    expect(await receiptsIn(store(), kafkaLane)).toMatchObject({ processed: [4, 5], ahead: [6, 8] });
    await store().reportLedger(kafkaLane, following(ledger(), { assigned: 7, acked: [1, 7] }));
    expect(await receiptsIn(store(), kafkaLane)).toMatchObject({ processed: [4, 7], ahead: [8, 8] });
  });

  test("what does not fit while it waits lowers the ceiling", async () => {
    const processed = Array.from({ length: 70 }, (_, index) => [2 * index + 1, 2 * index + 1]).flat();
    await store().reportTestimony(
      kafkaLane,
      testimony({ handled: [0, 69], streams: [streamTestimony({ processed })] }),
    );
    const receipts = await receiptsIn(store(), kafkaLane);
    expect(receipts).toMatchObject({ processed: [], ceiling: 129, ahead: processed.slice(0, 128) });
  });

  test("a stream that found no room starts above everything that was dropped of it", async () => {
    const streams = Array.from({ length: 1_001 }, (_, index) =>
      streamTestimony({ producerId: `unknown-${index}`, processed: [1, 150] }),
    );
    await store().reportTestimony(kafkaLane, testimony({ handled: [0, 9], streams }));
    const unseen = ledger({ producerId: "unknown-1000", nonce: "late" });
    await store().reportLedger(kafkaLane, unseen);
    const { ledgers, groups } = await store().readLane(kafkaLane);
    expect(ledgers.get("unknown-1000")?.floor).toBe(151);
    expect(groups.get("billing")?.receipts.size).toBe(1_000);
    await store().reportLedger(kafkaLane, following(unseen, { assigned: 200, acked: [1, 200] }));
    expect((await store().readLane(kafkaLane)).ledgers.get("unknown-1000")?.floor).toBe(151);
  });

  test("a stream whose ledger came makes room for another unknown one", async () => {
    const streams = Array.from({ length: 1_000 }, (_, index) =>
      streamTestimony({ producerId: `unknown-${index}`, processed: [1, 1] }),
    );
    const first = testimony({ handled: [0, 9], streams });
    await store().reportTestimony(kafkaLane, first);
    await store().reportLedger(kafkaLane, ledger({ producerId: "unknown-3" }));
    const late = following(first, { handled: [10, 10], streams: [streamTestimony({ processed: [1, 1] })] });
    await store().reportTestimony(kafkaLane, late);
    expect(await receiptsIn(store(), kafkaLane)).toMatchObject({ ahead: [1, 1] });
  });

  test("the order of two clients' reports does not matter", async () => {
    const streams = [streamTestimony({ processed: [1, 3] })];
    const one = testimony({ handled: [0, 2], streams });
    const two = testimony({ clientId: "member-2", handled: [3, 5], streams: [streamTestimony({ processed: [4, 6] })] });
    const other = { ...kafkaLane, partition: "1" };
    for (const report of [one, two]) await store().reportTestimony(kafkaLane, report);
    await store().reportLedger(kafkaLane, ledger());
    await store().reportLedger(other, ledger());
    for (const report of [two, one]) await store().reportTestimony(other, report);
    expect(factsOf(await store().readLane(other))).toEqual(factsOf(await store().readLane(kafkaLane)));
  });
}
