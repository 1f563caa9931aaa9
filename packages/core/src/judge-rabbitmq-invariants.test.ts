import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LaneDeliveries } from "./deliveries.ts";
import type { DeliveryReport } from "./delivery-report.ts";
import { type ClientStanding, type Judgement, type LaneMemory, noMemory } from "./judge.ts";
import { judgeRabbit } from "./judge-rabbitmq.ts";
import type { QueueRecord } from "./lane-record.ts";
import { StreamLedger } from "./ledger.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { mergeConfirmations } from "./merge-confirmation.ts";
import { mergeDeliveries } from "./merge-deliveries.ts";
import { mergeLedger } from "./merge-ledger.ts";
import { mergeNotes } from "./merge-notes.ts";
import { emptyQueue, mergeConsumerSigns } from "./merge-queue.ts";
import { defaultPolicy } from "./policy.ts";
import { addRange, countOf, intersection, type RangeSet, union } from "./range-set.ts";
import { noLimits, type QueueReading } from "./reading.ts";
import { emptyLane, presentLane, type StoredLane } from "./stored-lane.ts";

const lane = { system: "rabbitmq", cluster: "c", destination: "orders", partition: "created" } as const;

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("send" as const), count: fc.integer({ min: 1, max: 5 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("deliver" as const),
      consumer: fc.integer({ min: 0, max: 2 }),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass" as const) }) },
);
const history = fc.array(step, { minLength: 30, maxLength: 120 });
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

test("killing any consumer at any instant never makes a loss of what anybody got", () => {
  fc.assert(
    fc.property(history, fc.nat(120), fc.integer({ min: 0, max: 2 }), (steps, killedAt, killed) => {
      const { confirmed, got } = play(steps, { killedAt, killed });
      expect(intersection(confirmed, got)).toEqual([]);
    }),
  );
});

test("dropping the whole record never makes a loss of what anybody got, though those who got it have left", () => {
  fc.assert(
    fc.property(history, fc.nat(120), fc.nat(120), (steps, closedAt, droppedAt) => {
      const { confirmed, got } = play(steps, { closedAt, droppedAt });
      expect(intersection(confirmed, got)).toEqual([]);
    }),
  );
});

test("what is lost is confirmed when nothing else goes wrong", () => {
  const steps: readonly Step[] = [
    ...repeat(warmUp, 12),
    { kind: "send", count: 1 },
    { kind: "drop" },
    ...repeat(warmUp, 20),
  ];
  expect(countOf(play(steps, {}).confirmed)).toBe(1);
});

test("reports of different authors give the same judgement in any order, repeated or not", () => {
  fc.assert(
    fc.property(
      history,
      fc.array(fc.nat(1_000), { minLength: 4, maxLength: 60 }),
      fc.boolean(),
      (steps, draws, twice) => {
        const byAuthor = play(steps, {}).reports;
        const inTurn = [...byAuthor.values()].flat();
        const shuffled = interleave(byAuthor, draws);
        expect(judgeAfter(twice ? shuffled.flatMap((each) => [each, each]) : shuffled)).toEqual(judgeAfter(inTurn));
      },
    ),
  );
});

const warmUp: readonly Step[] = [
  { kind: "send", count: 3 },
  { kind: "deliver", consumer: 0, count: 1 },
  { kind: "deliver", consumer: 1, count: 1 },
  { kind: "deliver", consumer: 2, count: 1 },
  { kind: "pass" },
];

function repeat(steps: readonly Step[], times: number): readonly Step[] {
  return Array.from({ length: times }, () => steps).flat();
}

interface Mishap {
  readonly killedAt?: number;
  readonly killed?: number;
  /** The first consumer says all it knows and leaves. */
  readonly closedAt?: number;
  /** The lane's record is gone, and the store is known to have lost writes. */
  readonly droppedAt?: number;
}

interface Outcome {
  readonly confirmed: RangeSet;
  readonly got: RangeSet;
  readonly reports: ReadonlyMap<string, readonly (LedgerReport | DeliveryReport)[]>;
}

/** One producer, one queue, three consumers that report at every pass, and then a quiet time of forty passes. */
function play(steps: readonly Step[], mishap: Mishap): Outcome {
  const ledger = new StreamLedger(lane, "producer", { confirms: true });
  const consumers = [0, 1, 2].map((at) => createConsumer(at));
  const reports = new Map<string, (LedgerReport | DeliveryReport)[]>();
  const got: number[] = [];
  const queue: number[] = [];
  let stored: StoredLane = emptyLane;
  let signs: QueueRecord = emptyQueue;
  let memory: LaneMemory = noMemory;
  let confirmed: RangeSet = [];
  let nowMs = 0;
  let ledgerNumber = 0;
  let isDropped = false;

  const report = (consumer: Consumer): void => {
    const sent = reportOf(consumer);
    reports.set(consumer.id, [...(reports.get(consumer.id) ?? []), sent]);
    const merged = mergeDeliveries(stored, sent);
    stored = merged.lane;
    consumer.account.accept(merged.answer);
    consumer.isChained = merged.answer.kind === "stored";
    if (consumer.account.takeDoubt()) signs = { ...signs, doubtToken: `d${nowMs}` };
    if (consumer.isChained) signs = mergeConsumerSigns(signs, [signOf(consumer)]);
  };
  const pass = (): void => {
    nowMs += 1_000;
    ledgerNumber += 1;
    const heading = {
      clientId: "sender",
      number: ledgerNumber,
      nonce: `l${ledgerNumber}`,
      buildsOn: `l${ledgerNumber - 1}`,
    };
    const whole = ledger.report({ ...heading, buildsOn: ledgerNumber === 1 ? "" : heading.buildsOn }, []);
    reports.set("ledger", [...(reports.get("ledger") ?? []), whole]);
    stored = mergeLedger(stored, whole).lane;
    for (const consumer of consumers) if (!consumer.isDead) report(consumer);
    const judgement = judgeNow(stored, { signs, memory, nowMs, isDropped, consumers, queued: queue.length });
    isDropped = false;
    memory = judgement.memory;
    stored = mergeNotes(stored, judgement.notes);
    const done = mergeConfirmations(stored, judgement.proofs);
    stored = done.lane;
    for (const sequences of done.added) confirmed = union(confirmed, sequences);
  };
  const apply = (each: Step, at: number): void => {
    const killed = at === mishap.killedAt ? consumers[mishap.killed ?? 0] : undefined;
    if (killed !== undefined && !killed.isDead) Object.assign(killed, { isDead: true, diedAtMs: nowMs });
    const [first] = consumers;
    if (at === mishap.closedAt && first !== undefined && !first.isDead) {
      Object.assign(first, { isClosed: true, isDead: true });
      report(first);
    }
    if (at === mishap.droppedAt) {
      stored = emptyLane;
      isDropped = true;
    }
    if (each.kind === "pass") pass();
    else if (each.kind === "drop") queue.shift();
    else if (each.kind === "send") send(ledger, queue, each.count);
    else
      deliver(
        consumers[each.consumer],
        queue.splice(0, consumers[each.consumer]?.isDead === true ? 0 : each.count),
        got,
      );
  };
  steps.forEach(apply);
  for (const sequence of queue.splice(0))
    deliver(
      consumers.find(({ isDead }) => !isDead),
      [sequence],
      got,
    );
  for (let rest = 0; rest < 40; rest += 1) pass();
  return { confirmed, got, reports };
}

function createConsumer(at: number) {
  const id = `k${at}`;
  const account = new LaneDeliveries(lane, "billing", { consumerId: id, clientId: `client${at}` });
  return {
    id,
    account,
    number: 0,
    nonce: "",
    deliveries: 0,
    isDead: false,
    isClosed: false,
    diedAtMs: 0,
    isChained: true,
  };
}
type Consumer = ReturnType<typeof createConsumer>;

function send(ledger: StreamLedger, queue: number[], count: number): void {
  for (let i = 0; i < count; i += 1) {
    const sequence = ledger.take();
    ledger.bookAcked(sequence, sequence);
    queue.push(sequence);
  }
}

function deliver(consumer: Consumer | undefined, sequences: readonly number[], got: number[]): void {
  for (const sequence of sequences) {
    consumer?.account.received("producer", sequence, true);
    consumer?.account.processed("producer", sequence);
    if (consumer !== undefined) consumer.deliveries += 1;
    addRange(got, sequence, sequence);
  }
}

function reportOf(consumer: Consumer): DeliveryReport {
  consumer.number += 1;
  const buildsOn = consumer.isChained ? consumer.nonce : "";
  consumer.nonce = `${consumer.id}.${consumer.number}`;
  return consumer.account.report({ number: consumer.number, nonce: consumer.nonce, buildsOn });
}

function signOf({ id, number, deliveries, isClosed }: Consumer): Parameters<typeof mergeConsumerSigns>[1][number] {
  return { consumerId: id, clientId: `client${id.slice(1)}`, number, deliveries, state: isClosed ? "closed" : "open" };
}

function judgeNow(
  stored: StoredLane,
  at: {
    readonly signs: QueueRecord;
    readonly memory: LaneMemory;
    readonly nowMs: number;
    readonly isDropped: boolean;
    readonly consumers: readonly Consumer[];
    readonly queued: number;
  },
): Judgement {
  const clients = new Map<string, ClientStanding>();
  for (const { id, isDead, isClosed, diedAtMs } of at.consumers) {
    const isSilent = isDead && at.nowMs - diedAtMs > 10_000;
    clients.set(`client${id.slice(1)}`, isClosed ? "closed" : isSilent ? "silent" : "alive");
  }
  const reading: QueueReading = {
    beganAtMs: at.nowMs,
    exists: true,
    bound: true,
    provable: true,
    limits: { ...noLimits, atRestart: "all" },
    uptimeMs: undefined,
    shape: "",
    consumerCount: at.consumers.filter(({ isDead }) => !isDead).length,
    readyCount: at.queued,
    ready: at.queued,
    unacked: 0,
    getCount: 0,
    publishCount: undefined,
    isUntouched: false,
    statisticsLagMs: 0,
  };
  return judgeRabbit({
    lane,
    snapshot: presentLane(stored, "received"),
    reading: { kind: "rabbitmq", beganAtMs: at.nowMs, queues: new Map([["billing", { record: at.signs, reading }]]) },
    clients,
    storeDoubted: at.isDropped,
    memory: at.memory,
    nowMs: at.nowMs,
    policy: defaultPolicy,
  });
}

/** Each author's reports stay in their own order. */
function interleave<T>(byAuthor: ReadonlyMap<string, readonly T[]>, draws: readonly number[]): readonly T[] {
  const left = [...byAuthor.values()].map((reports) => [...reports]);
  const order: T[] = [];
  for (let at = 0; left.some((reports) => reports.length > 0); at += 1) {
    const open = left.filter((reports) => reports.length > 0);
    const next = open[(draws[at % draws.length] ?? 0) % open.length]?.shift();
    if (next !== undefined) order.push(next);
  }
  return order;
}

function judgeAfter(reports: readonly (LedgerReport | DeliveryReport)[]): Pick<Judgement, "gaps" | "proofs"> {
  let stored: StoredLane = emptyLane;
  for (const report of reports)
    stored = "queue" in report ? mergeDeliveries(stored, report).lane : mergeLedger(stored, report).lane;
  const at = { signs: emptyQueue, consumers: [], isDropped: false, queued: 0 };
  const first = judgeNow(stored, { ...at, memory: noMemory, nowMs: 0 });
  const { gaps, proofs } = judgeNow(stored, { ...at, memory: first.memory, nowMs: 4_000 });
  return { gaps, proofs };
}
