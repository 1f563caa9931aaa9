import type { Gap } from "../src/finding.ts";
import { type JudgeInput, type Judgement, type LaneMemory, noMemory } from "../src/judge.ts";
import { judgeRabbit } from "../src/judge-rabbitmq.ts";
import type { GroupRecord, LaneRecord, MemberRecord, QueueRecord, Receipts } from "../src/lane-record.ts";
import type { LedgerReport } from "../src/ledger-report.ts";
import { defaultPolicy } from "../src/policy.ts";
import { contains, type RangeSet } from "../src/range-set.ts";
import { noLimits, type QueueLimits, type QueueReading } from "../src/reading.ts";
import { emptyGroup, emptyLane, emptyReceipts, noTotals, openClaim } from "../src/stored-lane.ts";

export const producerId = "producer";
const lane = { system: "rabbitmq", cluster: "c", destination: "orders", partition: "created" } as const;

/** What differs from a healthy pass: one consumer, twenty messages promised, all received but number 17. */
export interface Pass {
  readonly ledger?: Partial<LedgerReport> | "none";
  readonly receipts?: Partial<Receipts>;
  readonly number?: number;
  readonly standing?: "alive" | "silent";
  readonly consumerCount?: number;
  /** It is exclusive to another connection: a declare is refused. */
  readonly isLocked?: boolean;
  readonly isGone?: boolean;
  /** The highest that this consumer was given; undefined = nobody else was given more. */
  readonly highest?: number;
  /** The consumer closed in order. */
  readonly hasLeft?: boolean;
  /** How long the node has been up; undefined = for long. */
  readonly uptimeMs?: number;
  readonly getCount?: number;
  readonly ready?: number;
  /** As the declare counts it; undefined = as the statistics say. */
  readonly readyCount?: number;
  readonly unacked?: number;
  readonly limits?: Partial<QueueLimits>;
  readonly storeDoubted?: boolean;
}

export interface History {
  memory: LaneMemory;
  /** Judges once a second; the answer of the last pass, or of the first that proves something. */
  run(passes: number, passOf: (at: number) => Pass): Judgement;
}

/** An auditor that has known queue and stream for some seconds: the stream's first ten messages are in doubt, no more. */
export function begin({ boundBefore = true }: { readonly boundBefore?: boolean } = {}): History {
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
      [
        "k",
        {
          clientId: "client",
          number: 10 + (pass.number ?? nowMs / 100),
          deliveries: 19,
          state: pass.hasLeft === true ? "closed" : "open",
        },
      ],
    ]),
    doubtToken: "",
  };
  const reading: QueueReading = {
    beganAtMs: nowMs - 10,
    exists: pass.isGone !== true,
    bound: pass.isGone !== true,
    provable: true,
    limits: { ...noLimits, atRestart: "all", ...pass.limits },
    uptimeMs: pass.uptimeMs ?? 600_000 + nowMs,
    shape: "",
    consumerCount:
      pass.isLocked === true || pass.isGone === true
        ? undefined
        : (pass.consumerCount ?? (pass.hasLeft === true ? 0 : 1)),
    readyCount: pass.isLocked === true ? undefined : (pass.readyCount ?? pass.ready ?? 0),
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
    members: new Map([["k", memberOf(pass.highest ?? receipts.firstDelivered)]]),
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

export function statesOf(judgement: Judgement, sequence: number): readonly string[] {
  const about = judgement.gaps.filter((gap: Gap) => contains(gap.sequences, sequence));
  return about.map(({ state, cause, verdict }) =>
    cause === undefined ? `${state} ${verdict}` : `${state} ${cause} ${verdict}`,
  );
}
