import { describe, expect, test } from "vitest";
import { begin, type Pass, producerId, statesOf } from "../test/rabbit-history.ts";

describe("the judge of RabbitMQ lanes", () => {
  test("confirms what the queue passed, once every open consumer has reported twice more", () => {
    const history = begin();
    const found = history.run(20, () => ({}));
    expect(found.proofs.flatMap((proof) => proof.gap.sequences)).toEqual([17, 17]);
    expect(found.proofs[0]).toMatchObject({ group: "billing", gap: { verdict: "store.dropped", state: "confirmed" } });
  });

  test("waits as long as one open consumer stays silent, and calls it doubt when it is", () => {
    const history = begin();
    const found = history.run(40, (at) => ({ number: 100 + Math.min(at, 6), standing: at > 14 ? "silent" : "alive" }));
    expect(found.proofs).toEqual([]);
    expect(statesOf(found, 17)).toEqual(["in-doubt member-died consume.unprocessed"]);
  });

  test("leaves what nobody passed pending, however long that takes", () => {
    const history = begin();
    const found = history.run(60, () => ({
      receipts: { firstDelivered: 16, received: [1, 16], processed: [1, 16] },
      ready: 4,
    }));
    expect(found.proofs).toEqual([]);
    expect(statesOf(found, 17)).toEqual(["pending store.missing"]);
  });

  test("does not trust an empty queue in statistics that are older than the gap", () => {
    const history = begin();
    const early = history.run(4, () => ({ receipts: { firstDelivered: 16, received: [1, 16], processed: [1, 16] } }));
    expect(statesOf(early, 17)).toEqual(["pending store.missing"]);
    const late = history.run(20, () => ({ receipts: { firstDelivered: 16, received: [1, 16], processed: [1, 16] } }));
    expect(late.proofs.map((proof) => proof.sequences)).toEqual([[17, 20]]);
  });

  test("does not trust statistics that call a queue empty while messages wait in it", () => {
    const receipts = { firstDelivered: 16, received: [1, 16], processed: [1, 16] } as const;
    const found = begin().run(40, () => ({ receipts, ready: 0, readyCount: 4 }));
    expect(found.proofs).toEqual([]);
    expect(statesOf(found, 17)).toEqual(["pending store.missing"]);
  });

  test("puts in doubt what went from a queue that nobody can count, by its statistics alone, and proves nothing", () => {
    const receipts = { firstDelivered: 16, received: [1, 16], processed: [1, 16] } as const;
    const history = begin();
    const soon = history.run(12, () => ({ receipts, isLocked: true }));
    expect(statesOf(soon, 17)).toEqual(["pending store.missing"]);
    const found = history.run(30, () => ({ receipts, isLocked: true }));
    expect(found.proofs).toEqual([]);
    expect(statesOf(found, 17)).toEqual(["in-doubt log-not-readable store.missing"]);
  });

  test("puts in doubt what a foreign reader may have taken, whoever leaves first", () => {
    const history = begin();
    const found = history.run(20, (at) => ({ consumerCount: at === 5 ? 2 : 1 }));
    expect(statesOf(found, 17)).toEqual(["in-doubt foreign-member consume.unreported"]);
  });

  test("sees a foreign get in counters that lag behind it", () => {
    const history = begin();
    const found = history.run(20, (at) => ({ getCount: at > 7 ? 1 : 0 }));
    expect(statesOf(found, 17)).toEqual(["in-doubt foreign-member consume.unreported"]);
  });

  test("what an exclusive queue still held goes with it by design, though nobody could ever count its consumers", () => {
    const limits = { goesWith: "connection" } as const;
    const held: Pass = { limits, isLocked: true, ready: 1 };
    const found = begin().run(20, (at) => (at < 8 ? held : { ...held, isGone: true }));
    expect(found.proofs).toEqual([]);
    expect(statesOf(found, 17)).toEqual(["explained store.dropped"]);
    const lasting = begin().run(20, (at) => ({ isLocked: true, isGone: at >= 8 }));
    expect(statesOf(lasting, 17)).not.toContain("explained store.dropped");
  });

  test("expects from the first delivery where the binding may be younger than the stream", () => {
    const found = begin({ boundBefore: false }).run(20, () => ({ receipts: { received: [5, 16, 18, 20] } }));
    expect(found.proofs.map((proof) => proof.sequences)).toEqual([[17, 17]]);
  });

  test("never promises what was published without confirms", () => {
    const found = begin().run(20, () => ({ ledger: { acked: [], told: [1, 20], confirms: false } }));
    expect(found.proofs).toEqual([]);
    expect(statesOf(found, 17)).toEqual(["in-doubt no-confirms store.missing"]);
  });

  test("does not confirm what a dead-letter exchange may have taken", () => {
    const found = begin().run(20, () => ({ limits: { deadLetters: true, ttlMs: 1_000 } }));
    expect(found.proofs).toEqual([]);
    expect(statesOf(found, 17)).toEqual(["in-doubt may-be-dead-lettered store.dead-lettered"]);
  });

  test("confirms at once, for every group, what came back as unroutable", () => {
    const found = begin().run(1, () => ({ ledger: { returned: [17, 17] } }));
    expect(found.proofs).toMatchObject([
      { group: undefined, sequences: [17, 17], gap: { verdict: "produce.unroutable" } },
    ]);
  });

  test("does not confirm as unroutable what was published twice: the other copy may have been routed", () => {
    const found = begin().run(1, () => ({ ledger: { returned: [17, 17], retried: [17, 17] } }));
    expect(found.proofs).toEqual([]);
    expect(statesOf(found, 17)).toEqual(["in-doubt earlier-copy-possible produce.unroutable"]);
  });

  test("tells what the broker refused and what has no outcome apart from what is lost", () => {
    const ledger = {
      acked: [1, 15],
      voided: [{ reason: "nacked", sequences: [17, 17] }],
      uncertain: [18, 18],
    } as const;
    const found = begin().run(20, () => ({ ledger, receipts: { received: [1, 16], processed: [1, 16] } }));
    expect(found.proofs).toEqual([]);
    expect(statesOf(found, 17)).toEqual(["not-sent produce.nacked"]);
    expect(statesOf(found, 18)).toEqual(["not-sent outcome-unknown produce.uncertain"]);
  });

  test("explains what the application rejected", () => {
    const found = begin().run(3, () => ({ receipts: { received: [1, 20], rejected: [17, 17] } }));
    expect(statesOf(found, 17)).toEqual(["explained consume.rejected"]);
  });

  test("withdraws a loss that turns up", () => {
    const found = begin().run(1, () => ({ receipts: { received: [1, 20], lost: [17, 17] } }));
    expect(found.notes.withdrawn).toEqual([{ producerId, group: "billing", sequences: [17, 17] }]);
  });

  test("does not believe a gap without a ledger", () => {
    const found = begin().run(20, () => ({ ledger: "none" }));
    expect(found.proofs).toEqual([]);
    expect(statesOf(found, 17)).toEqual(["in-doubt no-ledger store.missing"]);
  });

  test("puts everything in doubt when the store lost writes", () => {
    const found = begin().run(20, (at) => ({ storeDoubted: at === 6 }));
    expect(statesOf(found, 17)).toEqual(["in-doubt state-lost store.missing"]);
  });

  test("judges nothing below a floor or at a ceiling", () => {
    expect(begin().run(20, () => ({ receipts: { floor: 18 } })).proofs).toEqual([]);
    expect(begin().run(20, () => ({ receipts: { ceiling: 17 } })).proofs).toEqual([]);
    expect(begin().run(20, () => ({ ledger: { floor: 18 } })).proofs).toEqual([]);
  });

  test("says up to where every queue is finished", () => {
    const history = begin();
    const found = history.run(1, () => ({ receipts: { processed: [1, 16] } }));
    expect(found.notes.settled).toEqual([{ producerId, to: 16 }]);
  });

  test("keeps no more cohorts than it may, however long nothing moves", () => {
    const history = begin();
    history.run(400, (at) => ({
      ledger: { assigned: 20 + at, acked: [1, 20 + at], number: 3 + at },
      ready: 9,
      unacked: 1,
    }));
    const cohorts = history.memory.rabbit.queues.get("billing")?.streams.get(producerId)?.cohorts ?? [];
    expect(cohorts.length).toBeLessThanOrEqual(64);
  });
});
