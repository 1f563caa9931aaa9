import { describe, expect, test } from "vitest";
import { begin, statesOf } from "../test/rabbit-history.ts";
import type { Judgement } from "./judge.ts";

describe("a queue that goes", () => {
  const day = { expiresAfterMs: 86_400_000 };
  const autoDelete = { goesWith: "last-consumer" } as const;
  /** The last four wait: nothing behind them was given out, and the queue is not empty. */
  const waiting = { ready: 4, receipts: { firstDelivered: 16, received: [1, 16], processed: [1, 16] } } as const;
  const proven = ({ proofs }: Judgement) => proofs.map(({ gap, sequences }) => [gap.state, gap.verdict, sequences]);

  test("by an operator's hand, long before its expiry, takes what waited in it", () => {
    const found = begin().run(30, (at) => ({ ...waiting, limits: day, hasLeft: at >= 3, isGone: at >= 10 }));
    expect(proven(found)).toEqual([["confirmed", "store.dropped", [17, 20]]]);
  });

  test("when nobody has used it for as long as its expiry says, goes as it was meant to", () => {
    const short = { expiresAfterMs: 6_000 };
    const found = begin().run(30, (at) => ({ ...waiting, limits: short, hasLeft: at >= 3, isGone: at >= 10 }));
    expect(proven(found)).toEqual([]);
    expect(statesOf(found, 17)).toEqual(["explained store.dropped"]);
  });

  test("with its last consumer, as an auto-delete one does, goes as it was meant to", () => {
    const found = begin().run(30, (at) => ({ ...waiting, limits: autoDelete, hasLeft: at >= 12, isGone: at >= 10 }));
    expect(proven(found)).toEqual([]);
    expect(statesOf(found, 17)).toEqual(["explained store.dropped"]);
  });

  test("is not explained by an end of its last consumer that nobody has seen", () => {
    const found = begin().run(30, (at) => ({ ...waiting, limits: autoDelete, isGone: at >= 10 }));
    expect(proven(found)).toEqual([]);
    expect(statesOf(found, 17)).toEqual(["in-doubt not-provable store.dropped"]);
  });

  test("though it has had no consumer for long did not go with its last one", () => {
    const found = begin().run(30, (at) => ({ ...waiting, limits: autoDelete, hasLeft: at >= 3, isGone: at >= 10 }));
    expect(proven(found)).toEqual([["confirmed", "store.dropped", [17, 20]]]);
  });

  const thrownAway = {
    ledger: { assigned: 30, acked: [1, 30] },
    receipts: { firstDelivered: 30, received: [1, 16, 18, 30], processed: [1, 16, 18, 30] },
    ready: 1,
  } as const;

  test("does not take with it, by design, what it had thrown away before", () => {
    const limits = { ...autoDelete, dropsHead: true };
    const found = begin().run(40, (at) =>
      at < 2 ? { ...waiting, limits } : { ...thrownAway, limits, hasLeft: at >= 4, isGone: at >= 4 },
    );
    expect(statesOf(found, 17)).toEqual(["in-doubt not-provable store.dropped"]);
  });

  test("with its connection explains nothing that it had passed, though a consumer may have given it back", () => {
    const exclusive = { limits: { goesWith: "connection", dropsHead: true }, isLocked: true } as const;
    const found = begin().run(40, (at) =>
      at < 2
        ? { ...waiting, ...exclusive }
        : { ...thrownAway, ...exclusive, highest: 16, hasLeft: at >= 4, isGone: at >= 5 },
    );
    expect(statesOf(found, 17)).toEqual(["in-doubt not-provable store.dropped"]);
  });

  test("and one that is still there after a restart, though it has an expiry, lost its transient messages", () => {
    const limits = { ...day, atRestart: "persistent" } as const;
    const ledger = { lifetimes: { transient: [17, 20], expiring: [], expiresAfterMs: 0 } } as const;
    const found = begin().run(30, (at) => ({
      ...waiting,
      ...(at >= 8 ? { ready: 0, uptimeMs: (at - 7) * 1_000 - 500 } : {}),
      limits,
      ledger,
      hasLeft: at >= 3,
    }));
    expect(proven(found)).toEqual([["confirmed", "store.restarted", [17, 20]]]);
  });
});
