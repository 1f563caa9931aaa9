import { expect, test } from "vitest";
import type { Finding, Gap } from "./finding.ts";
import { isFinal, updateFindings } from "./findings.ts";
import type { Lane } from "./lane.ts";
import type { LaneRecord } from "./lane-record.ts";

const lane: Lane = { system: "kafka", cluster: "c", destination: "orders", partition: "0" };
const producerId = "AAAAAAAAAAA";
const snapshot: LaneRecord = {
  version: 1,
  era: 0,
  cut: undefined,
  ledgers: new Map(),
  verdicts: new Map(),
  groups: new Map(),
};

function gapOf(sequences: readonly number[], state: Gap["state"] = "suspected"): Gap {
  return {
    producerId,
    group: undefined,
    sequences,
    state,
    verdict: "produce.ack-missing",
    cause: undefined,
    offsets: { low: 6, high: Number.POSITIVE_INFINITY },
    decidedBy: "The answer left it out.",
  };
}

type Pass = Parameters<typeof updateFindings>[1];

function passOf(change: Partial<Pass>): Pass {
  const nothing = { gaps: [], confirmed: [], withdrawn: [], stamps: [], instances: new Map() };
  return { lane, snapshot, ...nothing, wallMs: 1_000, ...change };
}

/** The findings after one pass that saw these gaps. */
function after(known: readonly Finding[], change: Partial<Pass>): readonly Finding[] {
  const changed = updateFindings(known, passOf(change));
  return [...known.filter((one) => !changed.some((next) => next.id === one.id)), ...changed];
}

test("while a group stands still one finding counts what waits, and ends when the group goes on", () => {
  const stopped = (sequences: readonly number[]): Gap => ({
    ...gapOf(sequences, "pending"),
    verdict: "consume.stopped",
  });
  const opened = after([], { gaps: [stopped([5, 6])] });
  expect(opened).toMatchObject([{ state: "pending", sequences: { pending: [5, 6] } }]);
  const grown = after(opened, { gaps: [stopped([5, 9])] });
  expect(grown).toMatchObject([{ id: opened[0]?.id, state: "pending", sequences: { pending: [5, 9] } }]);
  expect(after(grown, { gaps: [] })).toMatchObject([{ state: "explained", sequences: { explained: [5, 9] } }]);
});

test("a confirmation tells for how long everything that proves it had been known", () => {
  const suspected = after([], { gaps: [gapOf([6, 7])] });
  const confirmed = after(suspected, { confirmed: [{ ...gapOf([6, 7], "confirmed"), provenForMs: 3_200.4 }] });
  expect(confirmed[0]?.history).toEqual([
    { state: "suspected", atMs: 1_000 },
    { state: "confirmed", atMs: 1_000, provenForMs: 3_200 },
  ]);
});

test("a gap opens one finding, whatever the number of its ranges, and a pending one opens none", () => {
  expect(after([], { gaps: [gapOf([6, 7, 9, 9])] })).toMatchObject([
    { state: "suspected", sequences: { suspected: [6, 7, 9, 9] }, offsets: undefined },
  ]);
  expect(after([], { gaps: [gapOf([6, 7], "pending")] })).toEqual([]);
});

test("a pass that sees the same changes nothing", () => {
  const known = after([], { gaps: [gapOf([6, 7])] });
  expect(updateFindings(known, passOf({ gaps: [gapOf([6, 7])], wallMs: 2_000 }))).toEqual([]);
});

test("a sequence stays in its finding while it moves from state to state, and what is not missing any more turned up", () => {
  const known = after([], { gaps: [gapOf([6, 8])] });
  const [next, ...others] = after(known, { gaps: [gapOf([8, 8])], confirmed: [gapOf([6, 6], "confirmed")] });
  expect(others).toEqual([]);
  expect(next).toMatchObject({
    id: known[0]?.id,
    state: "confirmed",
    sequences: { confirmed: [6, 6], suspected: [8, 8], explained: [7, 7] },
  });
});

test("a finding of which everything turned up says so, and is final", () => {
  const [next] = after(after([], { gaps: [gapOf([6, 8])] }), {});
  expect(next).toMatchObject({ state: "explained", decidedBy: "It turned up.", sequences: { explained: [6, 8] } });
  expect(next === undefined ? false : isFinal(next)).toBe(true);
});

test("what was confirmed and is withdrawn leaves the confirmed ones", () => {
  const known = after([], { confirmed: [gapOf([6, 8], "confirmed")] });
  const withdrawn = [{ producerId, group: undefined, sequences: [7, 7] }];
  expect(after(known, { withdrawn })).toMatchObject([
    { state: "confirmed", sequences: { confirmed: [6, 6, 8, 8], withdrawn: [7, 7] } },
  ]);
});

test("the same sequences missing in another group, or again, are another finding with an id of its own", () => {
  const known = after([], { gaps: [gapOf([6, 7])] });
  const both = after(known, { gaps: [gapOf([6, 7]), { ...gapOf([6, 7]), group: "billing" }] });
  expect(new Set(both.map((finding) => finding.id)).size).toBe(2);
});

test("a finding names the nearest records of its own stream on either side that the log showed", () => {
  const stamp = (sequence: number, owner = producerId) => ({
    producerId: owner,
    sequence,
    offset: sequence + 100,
    epoch: 0,
  });
  const stamps = [
    stamp(3),
    { ...stamp(5), traceparent: "00-aa-bb-01", timestampMs: 5 },
    stamp(4),
    stamp(9),
    stamp(8, "BBBBBBBBBBB"),
    stamp(12),
  ];
  const [finding] = after([], { gaps: [gapOf([6, 7])], stamps });
  expect(finding?.neighbours).toEqual([
    { sequence: 5, offset: 105, timestampMs: 5, traceparent: "00-aa-bb-01" },
    { sequence: 9, offset: 109, timestampMs: undefined, traceparent: undefined },
  ]);
});

test("neighbours that a later reading shows are added, and those once known stay", () => {
  const stamps = [{ producerId, sequence: 5, offset: 105, epoch: 0 }];
  const known = after(after([], { gaps: [gapOf([6, 7])] }), { gaps: [gapOf([6, 7])], stamps });
  expect(known[0]?.neighbours).toHaveLength(1);
  expect(after(known, { gaps: [gapOf([6, 7])] })[0]?.neighbours).toHaveLength(1);
});
