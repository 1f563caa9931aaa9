import { noNotes, type Store } from "@seqwatch/core";
import { expect, test } from "vitest";
import { following, kafkaLane, ledger, receiptsIn, stored, streamTestimony, testimony } from "./samples.ts";

/** What Kafka members' reports do to a lane. */
export function describeTestimony(store: () => Store): void {
  const report = testimony({
    handled: [10, 14, 16, 16],
    givenUp: [15, 15],
    jumped: [20, 29],
    epochs: [
      { epoch: -1, first: 10, last: 14 },
      { epoch: 3, first: 15, last: 16 },
    ],
    unstamped: [11, 11],
    foreign: [12, 13],
    streams: [streamTestimony({ processed: [1, 3], givenUp: [4, 4], jumped: [5, 9] })],
    claim: { state: "open", inWork: { offset: 17, forMs: 120, tries: 2 }, committed: 16 },
    totals: { received: 9, processed: 8, redelivered: 3, unstamped: 1, forwarded: 2, skipped: 4 },
  });

  test("testimony is read as it was reported", async () => {
    await store().reportLedger(kafkaLane, ledger());
    expect(await store().reportTestimony(kafkaLane, report)).toEqual(stored);
    const group = (await store().readLane(kafkaLane)).groups.get("billing");
    const { handled, givenUp, jumped, epochs, unstamped, foreign, claim, totals, clientId, number, nonce } = report;
    expect(group?.done).toEqual(new Map([[0, { handled, givenUp, jumped, epochs, unstamped, foreign }]]));
    const member = { clientId, number, nonce, claim, totals, highest: new Map() };
    expect(group?.members).toEqual(new Map([["member-1", member]]));
    const receipts = { processed: [1, 3], givenUp: [4, 4], jumped: [5, 9], duplicate: [], ahead: [], floor: 0 };
    expect(group?.receipts.get("producer-01")).toMatchObject({ ...receipts, ceiling: Number.POSITIVE_INFINITY });
  });

  test("testimony that comes twice is stored once", async () => {
    await store().reportTestimony(kafkaLane, report);
    const before = await store().readLane(kafkaLane);
    expect(await store().reportTestimony(kafkaLane, report)).toEqual(stored);
    expect(await store().readLane(kafkaLane)).toEqual(before);
  });

  test("a report whose predecessor the store does not hold is answered with send-all and stores nothing", async () => {
    const orphan = { ...report, number: 5, nonce: "five", buildsOn: "four" };
    expect(await store().reportTestimony(kafkaLane, orphan)).toEqual({ kind: "send-all", era: 0 });
    expect(await store().readLane(kafkaLane)).toMatchObject({ version: 0, groups: new Map() });
    expect(await store().reportTestimony(kafkaLane, { ...orphan, whole: true })).toEqual(stored);
  });

  test("two processes under one id are told so, also when they send everything", async () => {
    await store().reportTestimony(kafkaLane, following(report, { buildsOn: "" }));
    const before = await store().readLane(kafkaLane);
    const clone = { ...report, number: 2, nonce: "of-the-clone", buildsOn: "testimony-0" };
    expect(await store().reportTestimony(kafkaLane, clone)).toEqual({ kind: "clone" });
    expect(await store().reportTestimony(kafkaLane, { ...clone, whole: true })).toEqual({ kind: "clone" });
    expect(await store().readLane(kafkaLane)).toEqual(before);
  });

  test("a report that lies partly in what is done is sent back with the known part", async () => {
    await store().reportTestimony(kafkaLane, report);
    const before = await store().readLane(kafkaLane);
    const overlapping = following(report, { handled: [14, 18], givenUp: [], jumped: [25, 30] });
    const known = [14, 16, 25, 29];
    expect(await store().reportTestimony(kafkaLane, overlapping)).toEqual({ kind: "partly-known", known });
    expect(await store().readLane(kafkaLane)).toEqual(before);
    expect(await store().reportTestimony(kafkaLane, { ...overlapping, whole: true })).toEqual(stored);
  });

  test("what is processed again at offsets that were done is redelivered, no duplicate", async () => {
    await store().reportLedger(kafkaLane, ledger());
    await store().reportTestimony(kafkaLane, report);
    const again = following(report, {
      handled: [10, 12],
      givenUp: [],
      jumped: [],
      streams: [streamTestimony({ processed: [1, 3], twice: [2, 2] })],
    });
    expect(await store().reportTestimony(kafkaLane, again)).toEqual(stored);
    expect(await receiptsIn(store(), kafkaLane)).toMatchObject({ processed: [1, 3], duplicate: [] });
  });

  test("a message that comes again is counted once a report, as a replay where the member had committed beyond it", async () => {
    await store().reportLedger(kafkaLane, ledger());
    await store().reportTestimony(kafkaLane, report);
    const streams = [streamTestimony({ processed: [1, 3] })];
    const again = following(report, { handled: [10, 12], givenUp: [], jumped: [], streams });
    await store().reportTestimony(kafkaLane, again);
    await store().reportTestimony(kafkaLane, again);
    await store().reportTestimony(kafkaLane, following(again, { replay: true, handled: [10, 10], streams }));
    const repeats = { redelivered: 3, replayed: 3, copies: [] };
    expect(await receiptsIn(store(), kafkaLane)).toMatchObject({ repeats });
  });

  test("the newest places of copies are kept, each once", async () => {
    await store().reportLedger(kafkaLane, ledger());
    const copies = Array.from({ length: 70 }, (_, index) => ({ sequence: 1, offset: index }));
    const first = { ...report, streams: [streamTestimony({ processed: [1, 3], copies: copies.slice(0, 60) })] };
    await store().reportTestimony(kafkaLane, first);
    const rest = [streamTestimony({ processed: [4, 4], copies: copies.slice(50) })];
    await store().reportTestimony(
      kafkaLane,
      following(first, { handled: [40, 40], givenUp: [], jumped: [], streams: rest }),
    );
    expect((await receiptsIn(store(), kafkaLane))?.repeats.copies).toEqual(copies.slice(6));
  });

  test("why a consumer ended for good is read as it was reported", async () => {
    const crash = "KafkaJSNonRetriableError: größer; als, gedacht";
    const claim = { state: "closed", inWork: undefined, committed: 3, crash } as const;
    await store().reportTestimony(kafkaLane, testimony({ claim }));
    const member = (await store().readLane(kafkaLane)).groups.get("billing")?.members.get("member-1");
    expect(member?.claim).toEqual(claim);
  });

  test("what is processed again at new offsets, or twice in one report, was produced twice", async () => {
    await store().reportLedger(kafkaLane, ledger());
    await store().reportTestimony(kafkaLane, report);
    const again = following(report, {
      handled: [40, 44],
      givenUp: [],
      jumped: [],
      streams: [streamTestimony({ processed: [3, 3, 50, 51], twice: [51, 51] })],
    });
    await store().reportTestimony(kafkaLane, again);
    expect(await receiptsIn(store(), kafkaLane)).toMatchObject({ duplicate: [3, 3, 51, 51] });
  });

  test("what waits for its ledger and is processed again at new offsets was produced twice", async () => {
    await store().reportTestimony(kafkaLane, report);
    const again = following(report, {
      handled: [40, 40],
      givenUp: [],
      jumped: [],
      streams: [streamTestimony({ processed: [3, 3] })],
    });
    await store().reportTestimony(kafkaLane, again);
    expect(await receiptsIn(store(), kafkaLane)).toMatchObject({ duplicate: [3, 3], ahead: [1, 3] });
  });

  test("what is processed again at offsets done in another era is no duplicate", async () => {
    await store().reportLedger(kafkaLane, ledger());
    await store().reportTestimony(kafkaLane, report);
    const streams = [streamTestimony({ processed: [1, 3] })];
    const risen = following(report, { era: 1, handled: [10, 12], givenUp: [], jumped: [], streams });
    expect(await store().reportTestimony(kafkaLane, risen)).toEqual({ ...stored, era: 1 });
    expect(await receiptsIn(store(), kafkaLane)).toMatchObject({ duplicate: [] });
  });

  test("a whole report counts no duplicates", async () => {
    await store().reportLedger(kafkaLane, ledger());
    await store().reportTestimony(kafkaLane, report);
    const streams = [streamTestimony({ processed: [1, 3], twice: [2, 2] })];
    await store().reportTestimony(kafkaLane, following(report, { whole: true, handled: [40, 44], streams }));
    expect(await receiptsIn(store(), kafkaLane)).toMatchObject({ duplicate: [] });
  });

  test("what is left behind below the doubt is dropped, and the sequences of its kind with it", async () => {
    await store().reportLedger(kafkaLane, ledger());
    await store().writeNotes(kafkaLane, { ...noNotes, doubts: [{ group: "billing", to: 25 }] });
    await store().reportTestimony(kafkaLane, report);
    const group = (await store().readLane(kafkaLane)).groups.get("billing");
    expect(group?.done.get(0)).toMatchObject({ handled: [10, 14, 16, 16], givenUp: [], jumped: [25, 29] });
    expect(group?.receipts.get("producer-01")).toMatchObject({ processed: [1, 3], givenUp: [], jumped: [] });
  });

  test("a join after a member that did not leave cleanly doubts all that the log held", async () => {
    const entered = { highWatermark: 25, wasOff: false };
    await store().reportTestimony(kafkaLane, testimony({ handled: [0, 3] }));
    await store().reportTestimony(kafkaLane, testimony({ clientId: "member-2", entered, jumped: [10, 30] }));
    const group = (await store().readLane(kafkaLane)).groups.get("billing");
    expect(group?.doubtTo).toBe(25);
    expect(group?.done.get(0)).toMatchObject({ jumped: [25, 30] });
  });

  test("a join after a member that left cleanly doubts nothing, unless the joining one was off", async () => {
    const entered = { highWatermark: 25, wasOff: false };
    const closed = { state: "closed", inWork: undefined, committed: 4 } as const;
    const second = testimony({ clientId: "member-2", entered });
    await store().reportTestimony(kafkaLane, testimony({ claim: closed }));
    await store().reportTestimony(kafkaLane, second);
    expect((await store().readLane(kafkaLane)).groups.get("billing")?.doubtTo).toBe(0);
    await store().reportTestimony(kafkaLane, following(second, { entered: { highWatermark: 40, wasOff: true } }));
    expect((await store().readLane(kafkaLane)).groups.get("billing")?.doubtTo).toBe(40);
  });

  test("the newest three eras are kept, and a label raises the era of the record", async () => {
    let next = testimony({ era: 0, handled: [0, 3] });
    for (const era of [1, 5, 3, 2]) {
      await store().reportTestimony(kafkaLane, next);
      next = following(next, { era });
    }
    await store().reportTestimony(kafkaLane, next);
    const { era, cut, groups } = await store().readLane(kafkaLane);
    expect({ era, cut }).toEqual({ era: 5, cut: undefined });
    expect(new Set(groups.get("billing")?.done.keys())).toEqual(new Set([2, 3, 5]));
  });

  test("of members that left cleanly the latest are kept, and all that did not", async () => {
    const closed = { state: "closed", inWork: undefined, committed: undefined } as const;
    await store().reportTestimony(kafkaLane, testimony({ clientId: "open" }));
    for (let member = 0; member < 70; member++) {
      await store().reportTestimony(kafkaLane, testimony({ clientId: `closed-${member}`, claim: closed }));
    }
    const members = (await store().readLane(kafkaLane)).groups.get("billing")?.members;
    expect(members?.size).toBe(65);
    expect([members?.has("open"), members?.has("closed-5"), members?.has("closed-6")]).toEqual([true, false, true]);
  });

  test("a member's totals only grow", async () => {
    await store().reportTestimony(kafkaLane, report);
    const totals = { received: 7, processed: 20, redelivered: 3, unstamped: 0, forwarded: 2, skipped: 5 };
    await store().reportTestimony(kafkaLane, following(report, { whole: true, totals }));
    const member = (await store().readLane(kafkaLane)).groups.get("billing")?.members.get("member-1");
    expect(member?.totals).toEqual({ ...totals, received: 9, unstamped: 1 });
  });

  test("offsets without a stamp are widened to 64 ranges, and of the epochs the highest 64 runs stay", async () => {
    const first = testimony({
      unstamped: every(3, 70),
      foreign: every(3, 70),
      epochs: Array.from({ length: 70 }, (_, index) => ({ epoch: 1, first: 3 * index, last: 3 * index })),
    });
    await store().reportTestimony(kafkaLane, first);
    const done = (await store().readLane(kafkaLane)).groups.get("billing")?.done.get(0);
    expect(done?.unstamped).toEqual([0, 18, ...every(3, 70).slice(14)]);
    expect(done?.foreign).toEqual(done?.unstamped);
    expect([done?.epochs.length, done?.epochs[0]]).toEqual([64, { epoch: 1, first: 18, last: 18 }]);
  });

  test("a set of too many ranges folds the oldest and raises its floor", async () => {
    await store().reportLedger(kafkaLane, ledger({ assigned: 100_000, acked: [1, 100_000] }));
    const streams = [streamTestimony({ processed: every(2, 8_200) })];
    await store().reportTestimony(kafkaLane, testimony({ handled: every(2, 8_200), streams }));
    const group = (await store().readLane(kafkaLane)).groups.get("billing");
    expect(group?.floor).toBe(15);
    expect(group?.done.get(0)?.handled.slice(0, 2)).toEqual([16, 16]);
    expect(group?.receipts.get("producer-01")?.floor).toBe(15);
  });
}

/** `count` single numbers, so far apart. */
function every(step: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => [step * index, step * index]).flat();
}
