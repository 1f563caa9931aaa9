import { expect, test } from "vitest";
import { type Collection, type CollectionInput, planCollection } from "./collection.ts";
import { noWaiting } from "./collection-wait.ts";
import type { ClientStanding } from "./judge.ts";
import { noMemory } from "./judge.ts";
import type { GroupRecord, LaneRecord, MemberRecord } from "./lane-record.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { defaultPolicy } from "./policy.ts";
import type { GroupReading, KafkaReading } from "./reading.ts";
import { noNotes } from "./store.ts";
import { emptyGroup, emptyReceipts, noTotals } from "./stored-lane.ts";

const ended: LedgerReport = {
  producerId: "stream",
  clientId: "shop",
  number: 5,
  nonce: "n",
  buildsOn: "",
  assigned: 10,
  ended: 10,
  confirms: true,
  acked: [1, 10],
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

function memberOf(state: "open" | "closed", clientId = "worker"): MemberRecord {
  const claim = { state, inWork: undefined, committed: 10 };
  return { clientId, number: 3, nonce: "m", claim, totals: noTotals, highest: new Map() };
}

function groupOf(processed: readonly number[], member = memberOf("open")): GroupRecord {
  return {
    ...emptyGroup,
    members: new Map([["worker-1", member]]),
    receipts: new Map([["stream", { ...emptyReceipts, processed: [...processed] }]]),
  };
}

function laneOf(ledger: LedgerReport | undefined, groups: Readonly<Record<string, GroupRecord>>): LaneRecord {
  const ledgers = new Map(ledger === undefined ? [] : [[ledger.producerId, ledger]]);
  return {
    version: 7,
    era: 0,
    cut: undefined,
    ledgers,
    verdicts: new Map(),
    groups: new Map(Object.entries(groups)),
  };
}

function readingOf(group: Partial<GroupReading> = {}): KafkaReading {
  return {
    kind: "kafka",
    beganAtMs: 0,
    endedAtMs: 0,
    leader: 1,
    logStart: 0,
    logEnd: 10,
    highWatermark: 10,
    lastStableOffset: 10,
    compacted: false,
    extracts: [],
    groups: new Map([
      ["billing", { committed: 10, isEmpty: false, watchedClients: new Map(), foreignMemberCount: 0, ...group }],
    ]),
  };
}

/** What goes when nothing changes for so long. */
function collectedAfter(ms: number, changes: Partial<CollectionInput>): Collection {
  const clients = new Map<string, ClientStanding>([
    ["shop", "alive"],
    ["worker", "alive"],
  ]);
  const judgement = { memory: noMemory, gaps: [], proofs: [], notes: noNotes, wanted: [] };
  const snapshot = laneOf(ended, { billing: groupOf([1, 10]) });
  const input = { snapshot, reading: readingOf(), clients, judgement, policy: defaultPolicy, ...changes };
  const { waiting } = planCollection({ ...input, waiting: noWaiting, nowMs: 0 });
  return planCollection({ ...input, waiting, nowMs: ms }).due;
}

const { keepEndedMs, keepOpenMs, keepGroupMs } = defaultPolicy;
const nothing: Collection = { streams: [], members: [], groups: [], wholeAtVersion: undefined };
const theStream = [{ producerId: "stream", number: 5 }];

test("a stream that ended and that every group has finished goes after its time", () => {
  expect(collectedAfter(keepEndedMs - 1, {})).toEqual(nothing);
  expect(collectedAfter(keepEndedMs, {}).streams).toEqual(theStream);
});

test("a stream that goes on stays", () => {
  const snapshot = laneOf({ ...ended, ended: 0 }, { billing: groupOf([1, 10]) });
  expect(collectedAfter(keepOpenMs, { snapshot }).streams).toEqual([]);
});

test("a stream of which something is open for one of the groups goes after a day", () => {
  const snapshot = laneOf(ended, { billing: groupOf([1, 10]), shipping: groupOf([1, 4, 6, 10]) });
  expect(collectedAfter(keepOpenMs - 1, { snapshot }).streams).toEqual([]);
  expect(collectedAfter(keepOpenMs, { snapshot }).streams).toEqual(theStream);
});

test("what a group has yet to reach stays for as long as that takes", () => {
  const gap = {
    producerId: "stream",
    group: "billing",
    sequences: [5, 10],
    state: "pending",
    verdict: "store.missing",
    cause: undefined,
    offsets: undefined,
    decidedBy: "",
  } as const;
  const judgement = { memory: noMemory, gaps: [gap], proofs: [], notes: noNotes, wanted: [] };
  expect(collectedAfter(keepGroupMs, { judgement }).streams).toEqual([]);
});

test("the stream of a producer that died goes after a day, but not one of a single report, which may come again", () => {
  const clients = new Map<string, ClientStanding>([["shop", "silent"]]);
  const died = laneOf({ ...ended, ended: 0 }, { billing: groupOf([1, 10]) });
  expect(collectedAfter(keepOpenMs, { snapshot: died, clients }).streams).toEqual(theStream);
  const once = laneOf({ ...ended, number: 1 }, { billing: groupOf([1, 10]) });
  expect(collectedAfter(keepOpenMs, { snapshot: once, clients }).streams).toEqual([]);
});

test("a single report of a client that said goodbye cannot come again", () => {
  const clients = new Map<string, ClientStanding>([["shop", "closed"]]);
  const snapshot = laneOf({ ...ended, number: 1 }, { billing: groupOf([1, 10]) });
  expect(collectedAfter(keepEndedMs, { snapshot, clients }).streams).toEqual([{ producerId: "stream", number: 1 }]);
});

test("a group that is gone holds nothing up, and goes with its members", () => {
  const left = groupOf([1, 4], memberOf("closed", "nobody"));
  const snapshot = laneOf(ended, { billing: left, shipping: groupOf([1, 10]) });
  const gone = collectedAfter(keepEndedMs, { snapshot, reading: readingOf({ isGone: true, isEmpty: true }) });
  expect(gone.streams).toEqual(theStream);
  expect(gone.groups).toEqual(["billing"]);
});

test("a group that the broker still knows stays for a week without a member", () => {
  const snapshot = laneOf(ended, { billing: groupOf([1, 10], memberOf("closed", "nobody")) });
  expect(collectedAfter(keepGroupMs - 1, { snapshot }).groups).toEqual([]);
  expect(collectedAfter(keepGroupMs, { snapshot }).groups).toEqual(["billing"]);
});

test("a member that died goes after a day, unless the broker counts somebody whom nobody knows", () => {
  const snapshot = laneOf(ended, { billing: groupOf([1, 10], memberOf("open", "ghost")) });
  const dead = [{ group: "billing", memberId: "worker-1", number: 3 }];
  expect(collectedAfter(keepEndedMs, { snapshot }).members).toEqual([]);
  expect(collectedAfter(keepOpenMs, { snapshot }).members).toEqual(dead);
  const reading = readingOf({ foreignMemberCount: 1 });
  expect(collectedAfter(keepOpenMs, { snapshot, reading }).members).toEqual([]);
});

test("a lane without streams goes whole, at the version that was seen", () => {
  const snapshot = laneOf(undefined, { billing: groupOf([]) });
  expect(collectedAfter(keepEndedMs, { snapshot }).wholeAtVersion).toBe(7);
  expect(collectedAfter(keepEndedMs, {}).wholeAtVersion).toBeUndefined();
});
