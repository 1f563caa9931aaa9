import {
  type Chunk,
  emptyRanges,
  type GroupOffsets,
  type GroupRecord,
  type KafkaReading,
  type LedgerReport,
  lastOf,
  rangeOf,
  type StoredLane,
  type TestimonyReport,
  unionAll,
} from "@seqwatch/core";

/**
 * Clauses of the proof that a run can do without, to show what each prevents. Each is taken out by spoiling the facts
 * on which it stands; the judge itself has no switch.
 */
export const clauses = {
  testimony: "I(s) ⊂ done: a message is passed when something beyond it is done",
  "own-commit": "left behind only below the same member's own successful commit",
  doubt: "below doubtTo a member's leaving proves nothing",
  join: "nothing left behind crosses a join",
  era: "offsets of before and after a fall have no common measure",
  steady: "where no record is read, one leader was watched without a break while the group finished the offsets",
  epochs: "the log still has the epochs that the reports carried",
  grace: "evidence stands for a grace, in two readings",
  order: "readings come before the snapshot",
  ahead: "receipts above what the ledger claims wait, and what does not fit lowers the ceiling",
  hulls: "a merged chunk gives an interval, not an offset",
  bracket: "the upper end of a bracket does not shut out the message itself",
  commits: "what is gone lies at or above every commit ever read",
  retried: "of what was sent twice an earlier copy may live",
  receipts: "an offset is claimed together with its receipts only",
} as const;

export type Clause = keyof typeof clauses;

export function spoilLedger(report: LedgerReport, without: Clause | undefined): LedgerReport {
  if (without === "hulls")
    return { ...report, chunks: report.chunks.map((chunk: Chunk) => ({ ...chunk, exact: true })) };
  if (without === "bracket")
    return {
      ...report,
      brackets: report.brackets.map((bracket) => ({
        ...bracket,
        upTo: bracket.upTo === undefined ? undefined : bracket.upTo - 1,
      })),
    };
  if (without === "retried") return { ...report, retried: emptyRanges };
  return report;
}

export function spoilTestimony(report: TestimonyReport, without: Clause | undefined): TestimonyReport {
  if (without === "epochs") return { ...report, epochs: [] };
  if (without === "doubt") return { ...report, entered: undefined };
  // Everything is sent again without the receipts of the streams that are idle.
  if (without === "receipts") return report.whole ? { ...report, streams: report.streams.slice(1) } : report;
  return report;
}

export function spoilLane(lane: StoredLane, without: Clause | undefined): StoredLane {
  if (without === "testimony")
    return withGroups(lane, (group) => ({
      ...group,
      done: new Map([...group.done].map(([era, of]) => [era, passed(of)])),
    }));
  if (without === "doubt") return withGroups(lane, (group) => ({ ...group, doubtTo: 0 }));
  if (without === "ahead")
    return withGroups(lane, (group) => ({
      ...group,
      receipts: new Map(
        [...group.receipts].map(([id, of]) => [id, { ...of, ahead: emptyRanges, ceiling: Number.POSITIVE_INFINITY }]),
      ),
    }));
  if (without === "commits")
    return withGroups(lane, (group) => ({
      ...group,
      members: new Map(
        [...group.members].map(([id, of]) => [id, { ...of, claim: { ...of.claim, committed: undefined } }]),
      ),
    }));
  return lane;
}

/** `before` is what was read last. */
export function spoilReading(
  reading: KafkaReading,
  before: KafkaReading | undefined,
  without: Clause | undefined,
): KafkaReading {
  if (without === "era")
    return {
      ...reading,
      logStart: Math.max(reading.logStart, before?.logStart ?? 0),
      logEnd: Math.max(reading.logEnd ?? 0, before?.logEnd ?? 0),
    };
  if (without === "steady") return { ...reading, leader: 1, beganAtMs: before?.endedAtMs ?? reading.beganAtMs };
  if (without === "doubt")
    return { ...reading, groups: mapValues(reading.groups, (group) => ({ ...group, foreignMemberCount: 0 })) };
  if (without === "commits")
    return { ...reading, groups: mapValues(reading.groups, (group) => ({ ...group, committed: undefined })) };
  return reading;
}

function passed(offsets: GroupOffsets): GroupOffsets {
  const last = lastOf(unionAll([offsets.handled, offsets.givenUp, offsets.jumped]));
  return { ...offsets, handled: last === undefined ? emptyRanges : rangeOf(0, last) };
}

function withGroups(lane: StoredLane, change: (group: GroupRecord) => GroupRecord): StoredLane {
  return { ...lane, groups: mapValues(lane.groups, change) };
}

function mapValues<V>(map: ReadonlyMap<string, V>, change: (value: V) => V): ReadonlyMap<string, V> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
