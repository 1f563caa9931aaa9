import { describe, expect, test } from "vitest";
import type { Gap } from "./finding.ts";
import { type JudgeInput, type Judgement, type LaneMemory, noMemory } from "./judge.ts";
import { judgeRabbit } from "./judge-rabbitmq.ts";
import type { GroupRecord, LaneRecord, MemberRecord, QueueRecord, Receipts } from "./lane-record.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { defaultPolicy } from "./policy.ts";
import { contains, type RangeSet } from "./range-set.ts";
import type { QueueLimits, QueueReading } from "./reading.ts";
import { emptyGroup, emptyLane, emptyReceipts, noTotals, openClaim } from "./stored-lane.ts";

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
    const limits = { isTemporary: true };
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

const producerId = "producer";
const lane = { system: "rabbitmq", cluster: "c", destination: "orders", partition: "created" } as const;

/** What differs from a healthy pass: one consumer, twenty messages promised, all received but number 17. */
interface Pass {
  readonly ledger?: Partial<LedgerReport> | "none";
  readonly receipts?: Partial<Receipts>;
  readonly number?: number;
  readonly standing?: "alive" | "silent";
  readonly consumerCount?: number;
  /** It is exclusive to another connection: a declare is refused. */
  readonly isLocked?: boolean;
  readonly isGone?: boolean;
  readonly getCount?: number;
  readonly ready?: number;
  readonly unacked?: number;
  readonly limits?: Partial<QueueLimits>;
  readonly storeDoubted?: boolean;
}

interface History {
  memory: LaneMemory;
  /** Judges once a second; the answer of the last pass, or of the first that proves something. */
  run(passes: number, passOf: (at: number) => Pass): Judgement;
}

/** An auditor that has known queue and stream for some seconds: the stream's first ten messages are in doubt, no more. */
function begin({ boundBefore = true }: { readonly boundBefore?: boolean } = {}): History {
  let nowMs = 0;
  const history: History = {
    memory: noMemory,
    run(passes, passOf) {
      for (let at = 0; ; at += 1) {
        nowMs += 1_000;
        const judgement = judgeRabbit(inputOf(passOf(at), at, nowMs, history.memory));
        history.memory = judgement.memory;
        if (judgement.proofs.length > 0 || at + 1 >= passes) return judgement;
      }
    },
  };
  const early = {
    ledger: { assigned: 10, acked: [1, 10] },
    receipts: { received: [1, 10], processed: [1, 10] },
  } as const;
  const none: Pass = { ledger: "none", receipts: { received: [], processed: [], firstDelivered: 0 } };
  history.run(boundBefore ? 3 : 1, () => none);
  history.run(4, (at) => ({ ...early, ledger: { ...early.ledger, number: 1 + at } }));
  return history;
}

function inputOf(pass: Pass, at: number, nowMs: number, memory: LaneMemory): JudgeInput {
  const record: QueueRecord = {
    consumers: new Map([
      ["k", { clientId: "client", number: 10 + (pass.number ?? nowMs / 100), deliveries: 19, state: "open" }],
    ]),
    doubtToken: "",
  };
  const reading: QueueReading = {
    beganAtMs: nowMs - 10,
    exists: pass.isGone !== true,
    bound: pass.isGone !== true,
    provable: true,
    limits: {
      ttlMs: undefined,
      dropsHead: false,
      deadLetters: false,
      atRestart: "all",
      isTemporary: false,
      ...pass.limits,
    },
    uptimeMs: 600_000 + nowMs,
    shape: "",
    consumerCount: pass.isLocked === true || pass.isGone === true ? undefined : (pass.consumerCount ?? 1),
    ready: pass.ready ?? 0,
    unacked: pass.unacked ?? 0,
    getCount: pass.getCount ?? 0,
    publishCount: undefined,
    isUntouched: false,
    statisticsLagMs: 5_000,
  };
  return {
    lane,
    snapshot: snapshotOf(pass, nowMs),
    reading: { kind: "rabbitmq", beganAtMs: nowMs - 20, queues: new Map([["billing", { record, reading }]]) },
    clients: new Map([["client", pass.standing ?? "alive"]]),
    storeDoubted: pass.storeDoubted ?? false,
    memory,
    nowMs,
    policy: defaultPolicy,
  };
}

function snapshotOf(pass: Pass, nowMs: number): LaneRecord {
  const received: RangeSet = [1, 16, 18, 20];
  const receipts = { ...emptyReceipts, received, processed: received, firstDelivered: 20, ...pass.receipts };
  const group: GroupRecord = {
    ...emptyGroup,
    members: new Map([["k", memberOf(receipts.firstDelivered)]]),
    receipts: new Map([[producerId, receipts]]),
  };
  const ledger = pass.ledger === "none" ? [] : [{ ...ledgerOf(nowMs / 1_000), ...pass.ledger }];
  return {
    ...emptyLane,
    version: nowMs,
    ledgers: new Map(ledger.map((each) => [producerId, each])),
    groups: new Map([["billing", group]]),
  };
}

function memberOf(highest: number): MemberRecord {
  return {
    clientId: "client",
    number: 1,
    nonce: "",
    claim: openClaim,
    totals: noTotals,
    highest: new Map([[producerId, highest]]),
  };
}

function ledgerOf(number: number): LedgerReport {
  return {
    producerId,
    clientId: "sender",
    number,
    nonce: "",
    buildsOn: "",
    assigned: 20,
    ended: 0,
    confirms: true,
    acked: [1, 20],
    omitted: [],
    uncertain: [],
    told: [],
    returned: [],
    voided: [],
    retried: [],
    chunks: [],
    brackets: [],
    floor: 0,
    unauditedCount: 0,
    references: [],
  };
}

function statesOf(judgement: Judgement, sequence: number): readonly string[] {
  const about = judgement.gaps.filter((gap: Gap) => contains(gap.sequences, sequence));
  return about.map(({ state, cause, verdict }) =>
    cause === undefined ? `${state} ${verdict}` : `${state} ${cause} ${verdict}`,
  );
}
