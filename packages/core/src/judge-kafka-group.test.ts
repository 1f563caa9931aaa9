import { expect, test } from "vitest";
import { type ClientStanding, judge, type LaneMemory, noMemory } from "./judge.ts";
import type { Lane } from "./lane.ts";
import type { GroupOffsets, GroupRecord, LaneRecord, MemberRecord } from "./lane-record.ts";
import { StreamLedger } from "./ledger.ts";
import type { LedgerReport } from "./ledger-report.ts";
import { defaultPolicy } from "./policy.ts";
import { rangeOf } from "./range-set.ts";
import type { GroupReading, KafkaReading, LogExtract, LoggedStamp } from "./reading.ts";
import { emptyGroup, emptyReceipts, noTotals } from "./stored-lane.ts";

const lane: Lane = { system: "kafka", cluster: "main", destination: "orders", partition: "0" };
const producerId = "AAAAAAAAAAA";
const otherId = "BBBBBBBBBBB";

/** Sequence s was acked at offset s - 1. */
function ledgerOf(count: number, changes: Partial<LedgerReport> = {}): LedgerReport {
  const blank = new StreamLedger(lane, producerId, { confirms: true });
  const report = blank.report({ clientId: "orders-api", number: 1, nonce: "n", buildsOn: "" }, []);
  const chunks = [{ first: 1, last: count, low: 0, high: count - 1, exact: true, era: 0 }];
  return { ...report, assigned: count, acked: [1, count], chunks, ...changes };
}

/** A group whose only member has finished `done` and committed up to there; what it processed is what lay there. */
function groupOf(
  done: readonly number[],
  processed: readonly number[] = done.map((offset) => offset + 1),
): GroupRecord {
  const claim = { state: "open", inWork: undefined, committed: (done.at(-1) ?? -1) + 1 } as const;
  const parts = { number: 1, nonce: "n", totals: noTotals, highest: new Map() };
  const member: MemberRecord = { clientId: "worker", claim, ...parts };
  const epochs = done.length === 0 ? [] : [{ epoch: 0, first: done[0] ?? 0, last: done.at(-1) ?? 0 }];
  const offsets: GroupOffsets = { handled: done, givenUp: [], jumped: [], unstamped: [], foreign: [], epochs };
  return {
    ...emptyGroup,
    members: new Map([["worker", member]]),
    done: done.length === 0 ? new Map() : new Map([[0, offsets]]),
    receipts: new Map([[producerId, { ...emptyReceipts, processed }]]),
  };
}

function recordOf(ledger: LedgerReport, group: GroupRecord, changes: Partial<LaneRecord> = {}): LaneRecord {
  const ledgers = new Map([[producerId, ledger]]);
  const groups = new Map([["billing", group]]);
  return { version: 1, era: 0, cut: undefined, ledgers, verdicts: new Map(), groups, ...changes };
}

/** What the log holds at these offsets: sequence o + 1 of a producer at offset o, and nothing else up to `last`. */
function extractOf(first: number, last: number, offsets: readonly number[], of = producerId): LogExtract {
  const stamps = offsets.map((offset): LoggedStamp => ({ producerId: of, sequence: offset + 1, offset, epoch: 0 }));
  return { first, last, stamps, unstamped: [], epochs: [{ epoch: 0, first, last }] };
}

const offsetsOf = (first: number, last: number): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

interface Look {
  readonly record: LaneRecord;
  readonly committed?: number | undefined;
  readonly reading?: Partial<KafkaReading>;
}

/** Looks at a lane, a second apart; what was proven at any of them, and what the last one says. */
function judgeEach(looks: readonly Look[]) {
  let memory: LaneMemory = noMemory;
  const proven = new Set<string>();
  let said: readonly string[] = [];
  for (const [second, { record, committed, reading: changes }] of looks.entries()) {
    const nowMs = second * 1_000;
    const group: GroupReading = { committed, isEmpty: false, watchedClients: new Map(), foreignMemberCount: 0 };
    const reading: KafkaReading = {
      kind: "kafka",
      beganAtMs: nowMs,
      endedAtMs: nowMs,
      leader: 1,
      logStart: 0,
      logEnd: 110,
      highWatermark: 110,
      lastStableOffset: 110,
      compacted: false,
      extracts: [],
      groups: new Map([["billing", group]]),
      ...changes,
    };
    const clients = new Map<string, ClientStanding>([
      ["orders-api", "alive"],
      ["worker", "alive"],
    ]);
    const seen = { lane, snapshot: record, reading, clients, storeDoubted: false };
    const judged = judge({ ...seen, memory, nowMs, policy: defaultPolicy });
    memory = judged.memory;
    for (const { gap } of judged.proofs) proven.add(`${gap.verdict} ${gap.sequences.join("-")}`);
    said = judged.gaps.map(({ state, cause, sequences }) => [state, cause, sequences.join("-")].join(" "));
  }
  return { proven: [...proven], said };
}

/** The same look again and again. */
const times = (count: number, look: Look): readonly Look[] => Array.from({ length: count }, () => look);

test("another record at an offset that is not to be trusted proves nothing: the message may lie elsewhere", () => {
  const brackets = [{ first: 1, last: 1, above: undefined, upTo: 30, era: 0 }];
  const chunks = [{ first: 1, last: 1, low: 10, high: 10, exact: true, era: 0 }];
  const record = recordOf(ledgerOf(1, { brackets, chunks }), groupOf([], []));
  const around = { extracts: [extractOf(9, 11, [9, 10, 11], otherId)] };
  expect(judgeEach(times(8, { record, committed: 0, reading: around })).proven).toEqual([]);
  const everywhere = { extracts: [extractOf(0, 30, offsetsOf(0, 30), otherId)] };
  expect(judgeEach(times(8, { record, committed: 0, reading: everywhere })).proven).toEqual(["store.truncated 1-1"]);
});

/** A group that stands at 40 of 110 when the log falls to an end of 80, and nobody cares to send anything since. */
function fallOf(changes: Partial<KafkaReading>, cut: number, committedAfter: number | undefined): readonly string[] {
  const before = recordOf(ledgerOf(110), groupOf(rangeOf(0, 39)));
  const after = { ...before, version: 2, era: 1, cut };
  const looks = [
    ...times(4, { record: before, committed: 40, reading: { ...changes, ...(cut > 110 ? {} : { logEnd: 110 }) } }),
    { record: before, committed: committedAfter, reading: { highWatermark: 30, logEnd: 80, ...changes } },
    ...times(6, { record: after, committed: committedAfter, reading: { highWatermark: 80, logEnd: 80, ...changes } }),
  ];
  return judgeEach(looks).said;
}

test("what lies below the cut of a log is before a group that has not got there", () => {
  expect(fallOf({}, 80, 40)).toContainEqual("pending  41-80");
});

test("of a topic that was made again nothing is before a group any more", () => {
  expect(fallOf({}, 80, undefined).filter((text) => text.startsWith("pending"))).toEqual([]);
});

test("where the log end cannot be read nobody knows what a fall has left before a group", () => {
  const said = fallOf({ logEnd: undefined }, Number.MAX_SAFE_INTEGER, 40);
  expect(said).toEqual(["in-doubt two-eras 41-110"]);
});

test("what lies below a floor is too old to know: there receipts or offsets were folded away", () => {
  const group = groupOf([60, 109], [61, 110]);
  const [[, receipts] = ["", emptyReceipts]] = [...group.receipts];
  const foldedReceipts = { ...group, receipts: new Map([[producerId, { ...receipts, floor: 61 }]]) };
  const looksAt = (folded: GroupRecord) => times(5, { record: recordOf(ledgerOf(110), folded), committed: 110 });
  expect(judgeEach(looksAt(foldedReceipts)).said).toEqual(["in-doubt too-old 1-60"]);
  expect(judgeEach(looksAt({ ...group, floor: 60 })).said).toEqual(["in-doubt too-old 1-60"]);
});

/** The log without what compaction took: offsets 40 to 59. */
const cleaned = { extracts: [extractOf(0, 109, [...offsetsOf(0, 39), ...offsetsOf(60, 109)])] };
const waiting = recordOf(ledgerOf(110), groupOf(rangeOf(0, 39)));
const through = recordOf(ledgerOf(110), groupOf(rangeOf(0, 109), [1, 40, 61, 110]), { version: 2 });

test("what compaction took is no loss after the topic's setting was changed to delete", () => {
  const compacted = times(3, { record: waiting, committed: 40, reading: { compacted: true } });
  const changed = times(7, { record: through, committed: 110, reading: cleaned });
  expect(judgeEach([...compacted, ...changed])).toEqual({ proven: [], said: ["explained  41-60"] });
});

test("nor for an auditor that has not watched the setting since before they were sent", () => {
  const found = judgeEach(times(8, { record: through, committed: 110, reading: cleaned }));
  expect(found).toEqual({ proven: [], said: ["in-doubt policy-not-read 41-60"] });
});

test("where a record lies at each offset such an auditor needs no setting to tell that a log was refilled", () => {
  const whole = extractOf(0, 109, offsetsOf(0, 109));
  const stamps = whole.stamps.map((stamp) => (stamp.offset === 50 ? { ...stamp, producerId: otherId } : stamp));
  const record = recordOf(ledgerOf(110), groupOf(rangeOf(0, 109), [1, 50, 52, 110]));
  const reading = { extracts: [{ ...whole, stamps }] };
  expect(judgeEach(times(8, { record, committed: 110, reading })).proven).toEqual(["store.truncated 51-51"]);
});

test("nor does it where the marks of transactions lie between the records: they are there", () => {
  const brackets = [{ first: 1, last: 1, above: undefined, upTo: 59, era: 0 }];
  const ledger = ledgerOf(1, { omitted: [1, 1], acked: [], brackets, chunks: [] });
  const record = recordOf(ledger, groupOf(rangeOf(0, 109), []));
  const marked = { ...extractOf(0, 109, [...offsetsOf(0, 19), ...offsetsOf(21, 109)], otherId), undelivered: [20, 20] };
  expect(judgeEach(times(8, { record, committed: 110, reading: { extracts: [marked] } })).proven).toEqual([
    "produce.ack-missing 1-1",
  ]);
});

test("what was stored and is not there any more may have been worked by whom nobody heard, before it went", () => {
  const hulls = ledgerOf(110, { chunks: [{ first: 1, last: 110, low: 0, high: 109, exact: false, era: 0 }] });
  const refilled = extractOf(0, 109, offsetsOf(0, 109));
  const stamps = refilled.stamps.map((stamp) => (stamp.offset === 50 ? { ...stamp, producerId: otherId } : stamp));
  const reading = { extracts: [{ ...refilled, stamps }] };
  const record = (doubtTo: number) => recordOf(hulls, { ...groupOf(rangeOf(0, 109), [1, 50, 52, 110]), doubtTo });
  const looks = (doubtTo: number) => judgeEach(times(8, { record: record(doubtTo), committed: 110, reading }));
  expect(looks(0).proven).toEqual(["store.missing 51-51"]);
  expect(looks(110)).toEqual({ proven: [], said: ["in-doubt two-eras 51-51"] });
});

/** The setting is watched while the log is 30 long, and what came above that is gone. */
function watchedFrom(end: number, last: Partial<KafkaReading>) {
  const before = recordOf(ledgerOf(end), groupOf(rangeOf(0, end - 1)));
  const early = { logEnd: end, highWatermark: end, lastStableOffset: end };
  const watched = times(3, { record: before, committed: end, reading: early });
  return judgeEach([...watched, ...times(8, { record: through, committed: 110, reading: { ...cleaned, ...last } })]);
}

test("a hole in a log that is watched to delete by time alone is a loss", () => {
  expect(watchedFrom(30, {}).proven).toEqual(["store.truncated 41-60"]);
});

test("not as long as the setting cannot be read, for it may have been changed", () => {
  expect(watchedFrom(30, { compacted: undefined })).toEqual({ proven: [], said: ["suspected  41-60"] });
});

test("an omitted message is no loss either where its log may have been cleaned before it was read", () => {
  const brackets = [{ first: 1, last: 1, above: undefined, upTo: 59, era: 0 }];
  const ledger = ledgerOf(1, { omitted: [1, 1], acked: [], brackets, chunks: [] });
  const record = recordOf(ledger, groupOf(rangeOf(0, 109), []));
  const reading = { extracts: [extractOf(0, 109, offsetsOf(60, 109), otherId)] };
  const compacted = times(2, { record, committed: 110, reading: { ...reading, compacted: true } });
  expect(judgeEach([...compacted, ...times(8, { record, committed: 110, reading })])).toEqual({
    proven: [],
    said: ["in-doubt compacted 1-1"],
  });
  expect(judgeEach(times(8, { record, committed: 110, reading }))).toEqual({
    proven: [],
    said: ["in-doubt policy-not-read 1-1"],
  });
});
