import { type Deaths, noNotes, type Store } from "@seqwatch/core";
import { expect, test } from "vitest";
import {
  confirmation,
  deliveries,
  following,
  ledger,
  rabbitLane,
  receiptsIn,
  stored,
  streamDeliveries,
} from "./samples.ts";

/** What RabbitMQ consumers' reports do to a lane. */
export function describeDeliveries(store: () => Store): void {
  const report = deliveries({
    streams: [streamDeliveries({ received: [1, 9], fresh: [1, 9], processed: [1, 5], rejected: [6, 6] })],
    highest: [
      { producerId: "producer-01", sequence: 9 },
      { producerId: "producer; of , marks :", sequence: 1_000_000 },
    ],
    totals: { received: 9, processed: 5, redelivered: 1, unstamped: 0, forwarded: 0, skipped: 0 },
  });

  test("deliveries are read as they were reported", async () => {
    await store().reportLedger(rabbitLane, ledger());
    expect(await store().reportDeliveries(rabbitLane, report)).toEqual(stored);
    const group = (await store().readLane(rabbitLane)).groups.get("billing");
    expect(group?.members.get("consumer-1")).toEqual({
      clientId: "client-billing",
      number: 1,
      nonce: "deliveries-1",
      claim: { state: "open", inWork: undefined, committed: undefined },
      totals: report.totals,
      highest: new Map(report.highest.map(({ producerId, sequence }) => [producerId, sequence])),
    });
    const receipts = { received: [1, 9], processed: [1, 5], rejected: [6, 6], firstDelivered: 9, duplicate: [] };
    expect(group?.receipts.get("producer-01")).toMatchObject(receipts);
  });

  test("deliveries that come twice are stored once", async () => {
    await store().reportDeliveries(rabbitLane, report);
    const before = await store().readLane(rabbitLane);
    expect(await store().reportDeliveries(rabbitLane, report)).toEqual(stored);
    expect(await store().readLane(rabbitLane)).toEqual(before);
  });

  test("the chain of a consumer's reports is kept by consumer", async () => {
    await store().reportDeliveries(rabbitLane, report);
    const orphan = deliveries({ number: 5, nonce: "five", buildsOn: "four" });
    expect(await store().reportDeliveries(rabbitLane, orphan)).toEqual({ kind: "send-all", era: 0 });
    expect(await store().reportDeliveries(rabbitLane, deliveries({ nonce: "x", buildsOn: "y" }))).toEqual({
      kind: "clone",
    });
    expect(await store().reportDeliveries(rabbitLane, deliveries({ consumerId: "consumer-2" }))).toEqual(stored);
    expect(await store().reportDeliveries(rabbitLane, { ...orphan, whole: true })).toEqual(stored);
  });

  test("a first delivery of what was received, or two in one report, was published twice", async () => {
    await store().reportLedger(rabbitLane, ledger());
    await store().reportDeliveries(rabbitLane, report);
    const streams = [streamDeliveries({ received: [8, 12], fresh: [9, 12], twice: [12, 12] })];
    await store().reportDeliveries(rabbitLane, following(report, { streams }));
    expect(await receiptsIn(store(), rabbitLane)).toMatchObject({ duplicate: [9, 9, 12, 12], firstDelivered: 12 });
  });

  test("a redelivery that is reported before its first delivery makes no duplicate of it", async () => {
    await store().reportLedger(rabbitLane, ledger());
    await store().reportDeliveries(rabbitLane, deliveries({ streams: [streamDeliveries({ received: [3, 4] })] }));
    const first = deliveries({
      consumerId: "consumer-2",
      streams: [streamDeliveries({ received: [1, 5], fresh: [1, 5] })],
    });
    await store().reportDeliveries(rabbitLane, first);
    expect(await receiptsIn(store(), rabbitLane)).toMatchObject({ received: [1, 5], duplicate: [] });
    await store().reportDeliveries(rabbitLane, following(first, { streams: [streamDeliveries({ fresh: [3, 3] })] }));
    expect(await receiptsIn(store(), rabbitLane)).toMatchObject({ duplicate: [3, 3] });
  });

  test("a whole report counts no duplicates", async () => {
    await store().reportLedger(rabbitLane, ledger());
    await store().reportDeliveries(rabbitLane, report);
    await store().reportDeliveries(rabbitLane, following(report, { whole: true }));
    expect(await receiptsIn(store(), rabbitLane)).toMatchObject({ duplicate: [], received: [1, 9] });
  });

  test("what was received above the ledger waits, and is not taken for processed", async () => {
    await store().reportLedger(rabbitLane, ledger({ assigned: 4, acked: [1, 4] }));
    await store().reportDeliveries(rabbitLane, report);
    expect(await receiptsIn(store(), rabbitLane)).toMatchObject({ received: [1, 4], ahead: [5, 9], processed: [1, 5] });
    await store().reportLedger(rabbitLane, following(ledger()));
    expect(await receiptsIn(store(), rabbitLane)).toMatchObject({ received: [1, 9], ahead: [], processed: [1, 5] });
  });

  test("what was settled above the ledger and never received is not kept", async () => {
    await store().reportLedger(rabbitLane, ledger({ assigned: 4, acked: [1, 4] }));
    const streams = [streamDeliveries({ received: [5, 6], processed: [3, 3, 6, 900] })];
    await store().reportDeliveries(rabbitLane, deliveries({ streams }));
    expect(await receiptsIn(store(), rabbitLane)).toMatchObject({ ahead: [5, 6], processed: [3, 3, 6, 6] });
  });

  test("dead letters are kept by their reason, whatever the ledger claims yet", async () => {
    const letters = (deaths: Deaths) => [streamDeliveries({ deaths })];
    await store().reportLedger(rabbitLane, ledger({ assigned: 4, acked: [1, 4] }));
    const first = deliveries({ streams: letters({ expired: [1, 2], rejected: [4, 4] }) });
    expect(await store().reportDeliveries(rabbitLane, first)).toEqual(stored);
    const next = following(first, {
      streams: letters({ expired: [3, 3, 9, 9], maxlen: [8, 8], delivery_limit: [7, 7] }),
    });
    await store().reportDeliveries(rabbitLane, next);
    expect(await receiptsIn(store(), rabbitLane)).toMatchObject({
      deaths: { expired: [1, 3, 9, 9], rejected: [4, 4], maxlen: [8, 8], delivery_limit: [7, 7] },
      received: [],
      ahead: [],
    });
  });

  test("a dead letter is never confirmed as lost", async () => {
    await store().reportLedger(rabbitLane, ledger());
    const streams = [streamDeliveries({ deaths: { maxlen: [7, 7] } })];
    await store().reportDeliveries(rabbitLane, deliveries({ streams }));
    expect(await store().confirm(rabbitLane, [confirmation({ sequences: [6, 8] })])).toEqual([[6, 6, 8, 8]]);
    const atStream = confirmation({ group: undefined, sequences: [6, 8] });
    expect(await store().confirm(rabbitLane, [atStream])).toEqual([[6, 6, 8, 8]]);
  });

  test("what was gone before a doubt began is confirmed in spite of it, above the doubts of before", async () => {
    await store().reportLedger(rabbitLane, ledger());
    await store().writeNotes(rabbitLane, {
      ...noNotes,
      streamDoubts: [{ group: "billing", producerId: "producer-01", to: 50 }],
    });
    const gone = confirmation({ sequences: [5, 20] });
    expect(await store().confirm(rabbitLane, [gone])).toEqual([[]]);
    expect(await store().confirm(rabbitLane, [{ ...gone, goneAbove: 9 }])).toEqual([[10, 20]]);
  });

  test("a closed consumer stays known as closed", async () => {
    await store().reportDeliveries(rabbitLane, report);
    await store().reportDeliveries(rabbitLane, following(report, { state: "closed", streams: [] }));
    const member = (await store().readLane(rabbitLane)).groups.get("billing")?.members.get("consumer-1");
    expect(member?.claim.state).toBe("closed");
  });
}
