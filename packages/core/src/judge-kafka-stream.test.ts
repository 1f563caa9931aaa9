import { expect, test } from "vitest";
import type { Gap } from "./finding.ts";
import { type ClientStanding, judge, type LaneMemory, noMemory } from "./judge.ts";
import type { Lane } from "./lane.ts";
import type { LaneRecord } from "./lane-record.ts";
import { StreamLedger } from "./ledger.ts";
import { defaultPolicy } from "./policy.ts";
import { contains } from "./range-set.ts";
import type { KafkaReading, LoggedStamp } from "./reading.ts";

const lane: Lane = { system: "kafka", cluster: "main", destination: "orders", partition: "99" };
const producerId = "AAAAAAAAAAA";

function snapshotOf(ledger: StreamLedger): LaneRecord {
  const report = ledger.report({ clientId: "orders-api", number: 1, nonce: "n", buildsOn: "" }, []);
  return {
    version: 1,
    era: 0,
    cut: undefined,
    ledgers: new Map([[producerId, report]]),
    verdicts: new Map(),
    groups: new Map(),
  };
}

/** A log that holds these sequences of the producer, from offset 0 on, read as a whole. */
function logOf(sequences: readonly number[], changes: Partial<KafkaReading> = {}): KafkaReading {
  const end = sequences.length;
  const stamps = sequences.map((sequence, offset): LoggedStamp => ({ producerId, sequence, offset, epoch: 0 }));
  const extract = { first: 0, last: end - 1, stamps, unstamped: [], epochs: [] };
  return {
    kind: "kafka",
    beganAtMs: 0,
    endedAtMs: 0,
    leader: 1,
    logStart: 0,
    logEnd: end,
    highWatermark: end,
    lastStableOffset: end,
    compacted: false,
    extracts: end === 0 ? [] : [extract],
    groups: new Map(),
    ...changes,
  };
}

const noPartition = (): KafkaReading => logOf([], { leader: -1, partitionCount: 3 });

/** Passes over a lane at rest, a second apart, and what the last of them says. */
function judgeFor(
  seconds: number,
  of: {
    readonly ledger: StreamLedger;
    readonly reading: () => KafkaReading;
    readonly standing?: ClientStanding;
    readonly proved?: (proof: Gap) => void;
  },
) {
  let memory: LaneMemory = noMemory;
  const said = new Map<string, string>();
  const proofs: { readonly verdict: string; readonly sequences: readonly number[] }[] = [];
  const snapshot = snapshotOf(of.ledger);
  for (let nowMs = 0; nowMs <= seconds * 1_000; nowMs += 1_000) {
    const reading = { ...of.reading(), beganAtMs: nowMs, endedAtMs: nowMs };
    const clients = new Map([["orders-api", of.standing ?? "alive"]]);
    const input = { lane, snapshot, reading, clients, storeDoubted: false, memory, nowMs, policy: defaultPolicy };
    const judgement = judge(input);
    memory = judgement.memory;
    said.clear();
    for (const gap of judgement.gaps) {
      for (let sequence = 1; sequence <= of.ledger.assigned; sequence += 1) {
        const text = [gap.state, gap.verdict, gap.cause].filter((word) => word !== undefined).join(" ");
        if (contains(gap.sequences, sequence)) said.set(`${sequence}`, text);
      }
    }
    proofs.splice(0, proofs.length, ...judgement.proofs.map(({ gap }) => gap));
    for (const { gap } of judgement.proofs) of.proved?.(gap);
  }
  return {
    said: Object.fromEntries(said),
    proven: proofs.map(({ verdict, sequences }) => ({ verdict, sequences: [...sequences] })),
  };
}

function ledgerOf(): StreamLedger {
  return new StreamLedger(lane, producerId, { confirms: true });
}

/** A send of some messages, with its outcome. */
function send(ledger: StreamLedger, count: number) {
  const run = ledger.openRun();
  for (let taken = 0; taken < count; taken += 1) run.next();
  return run;
}

test("what was left out of the answer for a partition that does not exist is lost once that was read twice", () => {
  const ledger = ledgerOf();
  send(ledger, 2).omitted();
  expect(judgeFor(2, { ledger, reading: noPartition })).toEqual({
    said: { 1: "suspected produce.ack-missing", 2: "suspected produce.ack-missing" },
    proven: [],
  });
  expect(judgeFor(5, { ledger, reading: noPartition })).toEqual({
    said: {},
    proven: [{ verdict: "produce.ack-missing", sequences: [1, 2] }],
  });
});

test("a proof tells for how long all of it had been known, which is a grace as soon as it may be confirmed", () => {
  const ledger = ledgerOf();
  send(ledger, 2).omitted();
  const times: (number | undefined)[] = [];
  judgeFor(5, { ledger, reading: noPartition, proved: ({ provenForMs }) => times.push(provenForMs) });
  expect(times[0]).toBe(defaultPolicy.graceMs);
});

/** Two acked, and what was left out of an answer between them. */
function withOmission(): StreamLedger {
  const ledger = ledgerOf();
  send(ledger, 1).acked(0);
  send(ledger, 1).omitted();
  send(ledger, 1).acked(1);
  return ledger;
}

test("what was left out is lost once two readings showed it absent, though those between them did not reach it", () => {
  const proven: (readonly number[])[] = [];
  let readings = 0;
  const reading = () => logOf([1, 3], readings++ % 2 === 0 ? {} : { extracts: [] });
  const proved = ({ sequences }: Gap) => proven.push(sequences);
  judgeFor(9, { ledger: withOmission(), reading, proved });
  expect(proven[0]).toEqual([2, 2]);
});

test("one reading that showed it absent proves nothing, however long ago it was", () => {
  let readings = 0;
  const reading = () => logOf([1, 3], readings++ === 0 ? {} : { extracts: [] });
  expect(judgeFor(30, { ledger: withOmission(), reading }).proven).toEqual([]);
});

test("a partition that is added between the two readings proves nothing", () => {
  const ledger = ledgerOf();
  send(ledger, 1).omitted();
  let readings = 0;
  const reading = () => (readings++ < 3 ? noPartition() : logOf([1]));
  expect(judgeFor(9, { ledger, reading })).toEqual({ said: {}, proven: [] });
});

test("a partition that is gone again says nothing of what was sent to it", () => {
  const ledger = ledgerOf();
  send(ledger, 1).acked(0);
  send(ledger, 1).omitted();
  const found = judgeFor(9, { ledger, reading: noPartition });
  expect(found.proven).toEqual([]);
  expect(found.said["2"]).toBe("suspected produce.ack-missing");
});

test("on a compacted topic an omitted message may have been stored and removed: nothing is proven", () => {
  const ledger = ledgerOf();
  send(ledger, 1).omitted();
  const holed = { first: 0, last: 1, stamps: [], unstamped: [], epochs: [] };
  const reading = () => logOf([7, 8], { compacted: true, extracts: [holed] });
  expect(judgeFor(9, { ledger, reading })).toEqual({
    said: { 1: "in-doubt produce.ack-missing compacted" },
    proven: [],
  });
  expect(judgeFor(9, { ledger, reading: () => logOf([7, 8], { compacted: true }) }).proven).toEqual([
    { verdict: "produce.ack-missing", sequences: [1, 1] },
  ]);
});

test("without answers what later messages overtook is lost, and what none overtook is in doubt", () => {
  const ledger = ledgerOf();
  for (let sent = 0; sent < 5; sent += 1) send(ledger, 1).told();
  const found = judgeFor(9, { ledger, reading: () => logOf([1, 2, 4]) });
  expect(found).toEqual({
    said: { 5: "in-doubt store.missing no-confirms" },
    proven: [{ verdict: "store.missing", sequences: [3, 3] }],
  });
});

test("what a producer that died never told the outcome of is in doubt, unless the log shows it", () => {
  const ledger = ledgerOf();
  send(ledger, 1).acked(0);
  send(ledger, 3);
  const reading = () => logOf([1, 2, 3]);
  expect(judgeFor(9, { ledger, reading, standing: "alive" })).toEqual({
    said: { 2: "pending produce.uncertain", 3: "pending produce.uncertain", 4: "pending produce.uncertain" },
    proven: [],
  });
  expect(judgeFor(9, { ledger, reading, standing: "silent" })).toEqual({
    said: { 4: "in-doubt produce.uncertain outcome-unknown" },
    proven: [],
  });
});

test("what a stuck producer refuses is not sent, apart from other rejections", () => {
  const ledger = ledgerOf();
  send(ledger, 1).uncertain();
  const refused = send(ledger, 1);
  refused.uncertain();
  refused.stuck();
  expect(judgeFor(0, { ledger, reading: () => logOf([]) }).said).toEqual({
    1: "not-sent produce.uncertain outcome-unknown",
    2: "not-sent produce.stuck outcome-unknown",
  });
});

test("what a producer that died had in a transaction is explained once the log shows it as aborted", () => {
  const ledger = ledgerOf();
  send(ledger, 2);
  const held = { first: 0, last: 2, stamps: [], unstamped: [], epochs: [] };
  const aborted = [1, 2].map((sequence): LoggedStamp => ({ producerId, sequence, offset: sequence - 1, epoch: 0 }));
  const reading = () => logOf([7, 8, 9], { extracts: [{ ...held, aborted }] });
  expect(judgeFor(9, { ledger, reading, standing: "silent" })).toEqual({
    said: { 1: "explained store.aborted", 2: "explained store.aborted" },
    proven: [],
  });
});
