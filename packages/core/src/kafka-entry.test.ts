import { expect, test } from "vitest";
import { type GroupLook, passedOverAfter, restAfter } from "./kafka-entry.ts";
import { type GroupMemory, noGroupMemory } from "./kafka-memory.ts";
import type { MemberRecord } from "./lane-record.ts";
import type { GroupReading, KafkaReading } from "./reading.ts";
import { emptyGroup, noTotals } from "./stored-lane.ts";
import type { Beginning } from "./testimony-report.ts";

function readingAt(endedAtMs: number, firstJoinDelayMs: number): KafkaReading {
  const ends = { logStart: 0, logEnd: 90, highWatermark: 90, lastStableOffset: 90 };
  return {
    kind: "kafka",
    beganAtMs: endedAtMs - 5,
    endedAtMs,
    leader: 1,
    ...ends,
    compacted: false,
    firstJoinDelayMs,
    extracts: [],
    groups: new Map(),
  };
}

function memberThatBegan(offset: number, changes: Partial<Beginning> = {}, committed = 90): MemberRecord {
  const began = { offset, era: 0, isNewPartition: false, ...changes };
  const claim = { state: "open", inWork: undefined, committed, began } as const;
  return { clientId: "worker", number: 1, nonce: "n", claim, totals: noTotals, highest: new Map() };
}

interface Step extends Partial<GroupReading> {
  readonly atMs: number;
  readonly member?: MemberRecord;
  readonly version?: number;
  readonly firstJoinDelayMs?: number;
  readonly unheard?: readonly string[];
}

const nobody = { committed: undefined, watchedClients: new Map(), foreignMemberCount: 0 };

/** What was passed over after these looks. */
function passedAfter(...steps: readonly Step[]): readonly number[] {
  let memory: GroupMemory = noGroupMemory;
  for (const { atMs, member, version = 1, firstJoinDelayMs = 3_000, unheard = [], ...group } of steps) {
    const look: GroupLook = {
      reading: readingAt(atMs, firstJoinDelayMs),
      group: { ...nobody, isEmpty: member === undefined, ...group },
      record: { ...emptyGroup, members: new Map(member === undefined ? [] : [["worker", member]]) },
      before: memory,
      era: 0,
      clients: new Map([["worker", "alive"]]),
      version,
      isStoreDoubted: false,
      unheard: new Map(unheard.map((clientId) => [clientId, undefined])),
      hasAllLeft: member === undefined,
    };
    const rest = restAfter(look);
    memory = { ...memory, rest, passedOver: passedOverAfter(look, rest) };
  }
  return memory.passedOver?.offsets ?? [];
}

test("what one of ours may have worked without a word, before the member that came after it, was not passed over", () => {
  const enters = { atMs: 900, committed: 90, member: memberThatBegan(70) };
  expect(passedAfter({ atMs: 0, committed: 40 }, { ...enters, unheard: ["mute"] })).toEqual([]);
});

test("what lies between a resting group's commit and where its next member began was passed over", () => {
  expect(passedAfter({ atMs: 0, committed: 40 }, { atMs: 900, committed: 90, member: memberThatBegan(70) })).toEqual([
    40, 69,
  ]);
});

test("also where the commit had expired meanwhile", () => {
  const began = { atMs: 2_700, committed: 90, member: memberThatBegan(70) };
  expect(passedAfter({ atMs: 0, committed: 40 }, { atMs: 900 }, { atMs: 1_800 }, began)).toEqual([40, 69]);
});

test("not before the member has committed there itself", () => {
  expect(passedAfter({ atMs: 0, committed: 40 }, { atMs: 900, member: memberThatBegan(70, {}, 60) })).toEqual([]);
});

test("not when a look was left out, for somebody may have come and gone", () => {
  expect(passedAfter({ atMs: 0, committed: 40 }, { atMs: 2_001, member: memberThatBegan(70) })).toEqual([]);
});

test("not when somebody foreign was seen between", () => {
  const foreign = { atMs: 900, committed: 40, isEmpty: false, foreignMemberCount: 1 };
  expect(passedAfter({ atMs: 0, committed: 40 }, foreign, { atMs: 1_800, member: memberThatBegan(70) })).toEqual([]);
});

test("not when the store has lost what members had said", () => {
  const rest = { atMs: 0, committed: 40, version: 9 };
  expect(passedAfter(rest, { atMs: 900, member: memberThatBegan(70), version: 3 })).toEqual([]);
});

test("not by a member that knew another life of the log", () => {
  expect(passedAfter({ atMs: 0, committed: 40 }, { atMs: 900, member: memberThatBegan(70, { era: 1 }) })).toEqual([]);
});

test("a commit that moved forward while the group was empty at both looks was a reset", () => {
  expect(passedAfter({ atMs: 0, committed: 40 }, { atMs: 900, committed: 60 })).toEqual([40, 59]);
  expect(passedAfter({ atMs: 0, committed: 40 }, { atMs: 900, committed: 20 })).toEqual([]);
});

test("not where a broker lets a first member in at once: a stranger may have come, worked and left between two looks", () => {
  expect(passedAfter({ atMs: 0, committed: 40 }, { atMs: 900, committed: 60, firstJoinDelayMs: 0 })).toEqual([]);
  expect(passedAfter({ atMs: 0, committed: 40 }, { atMs: 900, committed: 60, firstJoinDelayMs: 1_000 })).toEqual([
    40, 59,
  ]);
});

test("what a partition held before its group entered it was passed over, if it is new to the member", () => {
  expect(passedAfter({ atMs: 0, member: memberThatBegan(5, { isNewPartition: true }) })).toEqual([0, 4]);
  expect(passedAfter({ atMs: 0, member: memberThatBegan(5) })).toEqual([]);
});
