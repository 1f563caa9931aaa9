import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Lane } from "./lane.ts";
import { StreamLedger } from "./ledger.ts";
import { type LedgerReport, maxBrackets, maxChunks } from "./ledger-report.ts";
import { contains, countOf, difference, eachMember, type RangeSet, unionAll } from "./range-set.ts";
import type { SendRun } from "./send-run.ts";
import type { Answer } from "./store.ts";

const lane: Lane = { system: "kafka", cluster: "c", destination: "orders", partition: "0" };
const heading = { clientId: "client", number: 1, nonce: "n", buildsOn: "" };
const newLedger = () => new StreamLedger(lane, "AAAAAAAAAAA", { confirms: true });
const reportOf = (ledger: StreamLedger) => ledger.report(heading, []);
const stored = (over: { era?: number; settledTo?: number; asked?: RangeSet }): Answer => ({
  kind: "stored",
  era: 0,
  asked: [],
  settledTo: 0,
  ...over,
});

function send(ledger: StreamLedger, count: number): SendRun {
  const run = ledger.openRun();
  for (let index = 0; index < count; index += 1) run.next();
  return run;
}

describe("a send", () => {
  test("gives out 1, 2, 3 without holes, across sends", () => {
    const ledger = newLedger();
    expect([send(ledger, 3).sequences, send(ledger, 2).sequences]).toEqual([
      [1, 3],
      [4, 5],
    ]);
  });

  test("that was acked places each message at its own offset", () => {
    const ledger = newLedger();
    send(ledger, 3).acked(100);
    expect(reportOf(ledger)).toMatchObject({
      acked: [1, 3],
      chunks: [{ first: 1, last: 3, low: 100, high: 102, exact: true }],
    });
  });

  test("keeps its first outcome", () => {
    const ledger = newLedger();
    const run = send(ledger, 1);
    run.omitted();
    run.acked(7);
    expect(reportOf(ledger)).toMatchObject({ acked: [], omitted: [1, 1], chunks: [] });
  });

  test("of nothing books nothing", () => {
    const ledger = newLedger();
    send(ledger, 0).omitted();
    expect(reportOf(ledger)).toMatchObject({ assigned: 0, omitted: [], brackets: [] });
  });

  test("that was omitted lies above what was acked before it was stamped, below the next send that knew of it", () => {
    const ledger = newLedger();
    send(ledger, 2).acked(10);
    const omitted = send(ledger, 2);
    const beside = send(ledger, 1);
    omitted.omitted();
    beside.acked(14);
    send(ledger, 3).acked(15);
    expect(reportOf(ledger).brackets).toEqual([{ first: 3, last: 4, above: 11, upTo: 17, era: 0 }]);
  });

  test("that was acked at the offset of an omitted message does not shut that message out", () => {
    const ledger = newLedger();
    send(ledger, 1).acked(112);
    send(ledger, 1).omitted();
    send(ledger, 1).acked(113);
    const [bracket] = reportOf(ledger).brackets;
    expect(bracket).toMatchObject({ above: 112, upTo: 113 });
  });

  test("that was acked below what was acked before it was stamped can lie there or above", () => {
    const ledger = newLedger();
    send(ledger, 1).acked(100);
    send(ledger, 1).acked(50);
    const report = reportOf(ledger);
    expect(report.chunks).toContainEqual({ first: 2, last: 2, low: 50, high: 50, exact: true, era: 0 });
    expect(report.brackets).toEqual([{ first: 2, last: 2, above: 100, upTo: undefined, era: 0 }]);
    expect(ledger.highestOffset).toBe(50);
  });

  test("that was acked without an offset is bracketed, so that no neighbour's interval is taken for its own", () => {
    const ledger = newLedger();
    send(ledger, 1).acked(10);
    send(ledger, 1).ackedSomewhere();
    send(ledger, 1).acked(30);
    expect(reportOf(ledger)).toMatchObject({ acked: [1, 3], brackets: [{ first: 2, last: 2, above: 10, upTo: 30 }] });
  });
});

describe("an era", () => {
  test("that rose makes older offsets bound nothing", () => {
    const ledger = newLedger();
    send(ledger, 1).acked(100);
    ledger.accept(stored({ era: 1 }));
    send(ledger, 1).omitted();
    expect(reportOf(ledger).brackets).toEqual([{ first: 2, last: 2, above: undefined, upTo: undefined, era: 1 }]);
  });

  test("is the one in which a message was stamped, whenever its outcome came", () => {
    const ledger = newLedger();
    send(ledger, 1).acked(100);
    const [omitted, acked] = [send(ledger, 1), send(ledger, 1)];
    ledger.accept(stored({ era: 1 }));
    omitted.omitted();
    acked.acked(104);
    const report = reportOf(ledger);
    expect(report.brackets).toEqual([{ first: 2, last: 2, above: 100, upTo: undefined, era: 0 }]);
    expect(report.chunks.at(-1)).toMatchObject({ first: 3, low: 104, era: 0 });
    expect(ledger.highestOffset).toBe(undefined);
  });

  test("that a store without its record names again is not believed", () => {
    const ledger = newLedger();
    ledger.accept(stored({ era: 2 }));
    send(ledger, 1).acked(5);
    ledger.accept(stored({ era: 0 }));
    send(ledger, 1).acked(6);
    expect(reportOf(ledger).chunks).toEqual([{ first: 1, last: 2, low: 5, high: 6, exact: true, era: 2 }]);
  });

  test("closes no bracket of another", () => {
    const ledger = newLedger();
    send(ledger, 1).acked(100);
    send(ledger, 1).omitted();
    ledger.accept(stored({ era: 1 }));
    send(ledger, 1).acked(50);
    expect(reportOf(ledger).brackets).toEqual([{ first: 2, last: 2, above: 100, upTo: undefined, era: 0 }]);
  });

  test("shared by a hull with another says that its messages can lie anywhere", () => {
    const ledger = newLedger();
    for (let index = 0; index < 40; index += 1) send(ledger, 1).acked(1_000 + 2 * index);
    ledger.accept(stored({ era: 1 }));
    for (let index = 0; index < 200; index += 1) send(ledger, 1).acked(2 * index);
    const of40 = reportOf(ledger).chunks.filter((chunk) => chunk.first <= 40 && 40 <= chunk.last);
    const of41 = reportOf(ledger).chunks.filter((chunk) => chunk.first <= 41 && 41 <= chunk.last);
    expect(of40.every((chunk) => chunk.era === 0 && chunk.high >= 1_078)).toBe(true);
    expect(of41.every((chunk) => chunk.era === 1 || chunk.high === Number.MAX_SAFE_INTEGER)).toBe(true);
  });
});

describe("a stream", () => {
  test("is ended by its number, and un-ended by the next message", () => {
    const ledger = newLedger();
    send(ledger, 2).acked(0);
    ledger.end();
    expect(reportOf(ledger)).toMatchObject({ assigned: 2, ended: 2 });
    send(ledger, 1);
    expect(reportOf(ledger)).toMatchObject({ assigned: 3, ended: 2 });
  });

  test("books what had no outcome for the limit as uncertain, and an ack that comes after all stands beside it", () => {
    const ledger = newLedger();
    const late = send(ledger, 2);
    ledger.age(0, 60_000);
    const young = send(ledger, 1);
    ledger.age(30_000, 60_000);
    ledger.age(60_000, 60_000);
    expect(reportOf(ledger).uncertain).toEqual([1, 2]);
    late.acked(5);
    young.acked(9);
    ledger.age(200_000, 60_000);
    expect(reportOf(ledger)).toMatchObject({ uncertain: [1, 2], acked: [1, 3] });
  });

  test("forgets chunks that every group has finished, and no other", () => {
    const ledger = newLedger();
    send(ledger, 2).acked(0);
    send(ledger, 2).acked(10);
    ledger.accept(stored({ settledTo: 3 }));
    expect(reportOf(ledger).chunks).toEqual([{ first: 4, last: 4, low: 11, high: 11, exact: true, era: 0 }]);
  });

  test("lets no hull speak for a sequence whose own chunk was forgotten", () => {
    const ledger = newLedger();
    send(ledger, 2).acked(0);
    send(ledger, 4).acked(10);
    ledger.accept(stored({ settledTo: 4 }));
    expect(reportOf(ledger).chunks).toEqual([{ first: 5, last: 6, low: 12, high: 13, exact: true, era: 0 }]);
  });

  test("moves its revision with every change that a report carries", () => {
    const ledger = newLedger();
    const seen = [ledger.revision];
    const note = () => seen.push(ledger.revision);
    const run = send(ledger, 1);
    note();
    run.acked(3);
    note();
    ledger.bookUnaudited(2);
    note();
    ledger.accept(stored({ asked: [1, 1] }));
    note();
    ledger.end();
    note();
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe("any interleaving of sends", () => {
  test("leaves each sequence in an outcome, and every told offset inside its interval", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 600, size: "max" }), (steps) => {
        const world = play(steps);
        const report = world.report();
        expect(settledIn(report)).toEqual(report.assigned === 0 ? [] : [1, report.assigned]);
        expect(report.chunks.length).toBeLessThanOrEqual(maxChunks);
        expect(report.brackets.length).toBeLessThanOrEqual(maxBrackets);
        for (const [sequence, offset] of world.truth) {
          if (sequence <= world.settledTo) continue;
          expect(holds(report, sequence, offset), `sequence ${sequence} at ${offset}`).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("keeps chunks narrow for their age, however many batches there were", () => {
    const ledger = newLedger();
    for (let index = 0; index < 20_000; index += 1) send(ledger, 1).acked(3 * index);
    const { chunks } = reportOf(ledger);
    expect(chunks.length).toBeLessThanOrEqual(maxChunks);
    for (const chunk of chunks.slice(0, -1)) {
      expect(chunk.high - chunk.low).toBeLessThanOrEqual((60_000 - chunk.high) / 3 + 6);
    }
    expect(countOf(unionAll(chunks.map((chunk) => [chunk.first, chunk.last])))).toBe(20_000);
  });
});

/** What can happen to one producer in one partition whose log others write to as well. */
type Step =
  | { readonly kind: "open"; readonly count: number }
  | { readonly kind: "append"; readonly run: number }
  | { readonly kind: "others"; readonly count: number }
  | { readonly kind: "end"; readonly run: number; readonly how: "told" | "silent" | "omitted" | "uncertain" | "void" }
  | { readonly kind: "settle"; readonly share: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("open" as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("append" as const), run: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("others" as const), count: fc.integer({ min: 1, max: 9 }) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("end" as const),
      run: fc.nat(9),
      how: fc.constantFrom("told", "told", "told", "silent", "omitted", "uncertain", "void"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("settle" as const), share: fc.nat(100) }) },
);

interface OpenRun {
  readonly run: SendRun;
  at: number | undefined;
}

/** Appends happen before the outcome is known: the rule under which a bracket holds. */
function play(steps: readonly Step[]) {
  const ledger = newLedger();
  const open: OpenRun[] = [];
  const truth = new Map<number, number>();
  let end = 0;
  let settledTo = 0;
  const finish = (entry: OpenRun, how: (Step & { kind: "end" })["how"]) => {
    const { run, at } = entry;
    if (at === undefined) {
      if (how === "void") run.voided("refused");
      else if (how === "uncertain") run.uncertain();
      else run.omitted();
      return;
    }
    const sequences = [...eachMember(run.sequences, 100)];
    for (const [index, sequence] of sequences.entries()) truth.set(sequence, at + index);
    if (how === "told") run.acked(at);
    else if (how === "silent") run.ackedSomewhere();
    else if (how === "omitted") run.omitted();
    else run.uncertain();
  };
  for (const next of steps) {
    const chosen = "run" in next ? open[next.run % Math.max(1, open.length)] : undefined;
    if (next.kind === "open") open.push({ run: send(ledger, next.count), at: undefined });
    if (next.kind === "others") end += next.count;
    if (next.kind === "append" && chosen !== undefined && chosen.at === undefined) {
      chosen.at = end;
      end += countOf(chosen.run.sequences);
    }
    if (next.kind === "end" && chosen !== undefined) {
      open.splice(open.indexOf(chosen), 1);
      finish(chosen, next.how);
    }
    if (next.kind === "settle") {
      const done = open.map((entry) => entry.run.sequences[0] ?? 1);
      settledTo = Math.max(
        settledTo,
        Math.floor((Math.min(ledger.assigned, ...done.map((at) => at - 1)) * next.share) / 100),
      );
      ledger.accept(stored({ settledTo }));
    }
  }
  for (const entry of open) finish(entry, "uncertain");
  return { truth, settledTo, report: () => reportOf(ledger) };
}

/** I(s): the hull of everything that places the sequence. An exact chunk alone gives the exact offset. */
function holds(report: LedgerReport, sequence: number, offset: number): boolean {
  const chunks = report.chunks.filter((chunk) => chunk.first <= sequence && sequence <= chunk.last);
  const brackets = report.brackets.filter((bracket) => bracket.first <= sequence && sequence <= bracket.last);
  const [only] = chunks;
  if (contains(report.acked, sequence) && brackets.length === 0 && chunks.length === 1 && only?.exact === true) {
    return only.low + (sequence - only.first) === offset;
  }
  const lows = [...chunks.map((chunk) => chunk.low), ...brackets.map((bracket) => (bracket.above ?? -1) + 1)];
  const highs = [...chunks.map((chunk) => chunk.high), ...brackets.map((bracket) => bracket.upTo ?? Infinity)];
  return lows.length > 0 && Math.min(...lows) <= offset && offset <= Math.max(...highs);
}

function settledIn(report: LedgerReport): RangeSet {
  const sets = [report.acked, report.omitted, report.uncertain, report.told, ...report.voided.map((v) => v.sequences)];
  expect(difference(unionAll(sets), [1, Math.max(1, report.assigned)])).toEqual([]);
  return unionAll(sets);
}
