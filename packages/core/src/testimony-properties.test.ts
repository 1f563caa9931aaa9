import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BatchAccount } from "./batch-account.ts";
import type { Lane } from "./lane.ts";
import {
  contains,
  difference,
  eachMember,
  intersection,
  isEmpty,
  type RangeSet,
  rangeOf,
  unionAll,
} from "./range-set.ts";
import type { Answer } from "./store.ts";
import { LaneTestimony } from "./testimony.ts";
import type { TestimonyReport } from "./testimony-report.ts";

const lane: Lane = { system: "kafka", cluster: "c", destination: "orders", partition: "0" };
const heading = { number: 1, nonce: "n", buildsOn: "" };
const p = "AAAAAAAAAAA";
const stored: Answer = { kind: "stored", era: 0, asked: [], settledTo: 0 };

function newMember(): LaneTestimony {
  const member = new LaneTestimony(lane, "billing", "client");
  member.enter(0, false);
  return member;
}

function report(member: LaneTestimony): TestimonyReport {
  const made = member.nextReport(heading);
  member.accept(stored);
  return made;
}

describe("any course of events", () => {
  test("claims each offset with exactly its receipts, whatever the answers", () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 5, maxLength: 200, size: "max" }), (events) => {
        const course = play(events);
        expect(course.length).toBeLessThanOrEqual(events.length);
        for (const made of course) checkAgainstTruth(made);
      }),
      { numRuns: 300 },
    );
  });
});

type Event =
  | { readonly kind: "batch"; readonly size: number; readonly outcomes: readonly number[] }
  | { readonly kind: "seek"; readonly by: number }
  | { readonly kind: "commit" | "join" | "leave" }
  | { readonly kind: "compose" }
  | { readonly kind: "answer"; readonly how: number; readonly from: number; readonly count: number };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("batch" as const),
      size: fc.integer({ min: 1, max: 8 }),
      outcomes: fc.array(fc.nat(9), { minLength: 8, maxLength: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("seek" as const), by: fc.integer({ min: -12, max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("commit" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("join" as const, "leave" as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("compose" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("answer" as const),
      how: fc.nat(9),
      from: fc.nat(60),
      count: fc.nat(20),
    }),
  },
);

/** The log of the property: two producers and, at every fifth offset, a record that no handler is given. */
const isVisible = (offset: number) => offset % 5 !== 4;
const recordAt = (offset: number) => ({
  producerId: offset % 2 === 0 ? p : "BBBBBBBBBBB",
  sequence: Math.floor(offset / 2) + 1,
});

interface Made {
  readonly report: TestimonyReport;
  readonly processed: ReadonlySet<number>;
  /** Left behind in the assignment of the report. */
  readonly left: ReadonlySet<number>;
  readonly claimed: ReadonlySet<number>;
}

function play(events: readonly Event[]): readonly Made[] {
  const member = newMember();
  const made: Made[] = [];
  const processed = new Set<number>();
  const claimed = new Set<number>();
  let left = new Set<number>();
  let position = 0;
  let inFlight: TestimonyReport | undefined;
  for (const next of events) {
    if (next.kind === "batch") {
      const account = member.openBatch({
        first: position,
        last: position + next.size - 1,
        visibleCount: visible(position, next.size),
      });
      position = workBatch(account, position, next, processed, left, claimed);
    }
    if (next.kind === "seek") {
      member.seeked();
      for (let offset = position; offset < position + next.by; offset += 1) left.add(offset);
      position = Math.max(0, position + next.by);
    }
    if (next.kind === "commit") member.committed(position);
    if (next.kind === "join" || next.kind === "leave") {
      if (next.kind === "join") member.enter(position, false);
      else member.leave("closed");
      if (next.kind === "join") left = new Set();
    }
    if (next.kind === "compose" && inFlight === undefined) {
      inFlight = member.nextReport(heading);
      made.push({ report: inFlight, processed: new Set(processed), left: new Set(left), claimed: new Set(claimed) });
    }
    if (next.kind === "answer" && inFlight !== undefined) {
      member.accept(answerOf(next, inFlight));
      inFlight = undefined;
    }
  }
  return made;
}

function visible(first: number, size: number): number {
  return Array.from({ length: size }, (_, index) => first + index).filter(isVisible).length;
}

function workBatch(
  account: BatchAccount,
  first: number,
  batch: Event & { kind: "batch" },
  processed: Set<number>,
  left: Set<number>,
  claimed: Set<number>,
): number {
  let end = first;
  for (let index = 0; index < batch.size; index += 1) {
    const offset = first + index;
    const outcome = batch.outcomes[index] ?? 0;
    const { producerId, sequence } = recordAt(offset);
    if (!isVisible(offset)) claimed.add(offset);
    else if (outcome === 9) break;
    else if (outcome === 8) {
      account.left(offset, producerId, sequence);
      left.add(offset);
    } else if (outcome === 7) account.unknown(offset);
    else {
      account.processed(offset, 1, producerId, sequence);
      processed.add(offset);
    }
    end = offset + 1;
  }
  account.close();
  return end;
}

function answerOf(event: Event & { kind: "answer" }, report: TestimonyReport): Answer {
  const offsets = unionAll([report.handled, report.givenUp, report.jumped]);
  const known = intersection(offsets, rangeOf(event.from, event.from + event.count));
  const isPart = !isEmpty(known) && !isEmpty(difference(offsets, known));
  if (event.how < 3 && isPart && !report.whole) return { kind: "partly-known", known };
  if (event.how === 9) return { kind: "send-all", era: 0 };
  return stored;
}

function checkAgainstTruth({ report, processed, left, claimed }: Made): void {
  const handled = [...eachMember(report.handled, 10_000)];
  for (const offset of handled) expect(processed.has(offset) || claimed.has(offset), `handled ${offset}`).toBe(true);
  for (const offset of eachMember(unionAll([report.givenUp, report.jumped]), 10_000)) {
    expect(left.has(offset) || !isVisible(offset), `left ${offset}`).toBe(true);
  }
  const told = new Map(report.streams.map((stream) => [stream.producerId, stream]));
  for (const offset of handled) {
    if (!isVisible(offset)) continue;
    const { producerId, sequence } = recordAt(offset);
    expect(contains(told.get(producerId)?.processed ?? [], sequence), `receipt at ${offset}`).toBe(true);
  }
  for (const { producerId, processed: sequences } of report.streams) {
    for (const sequence of eachMember(sequences, 10_000)) {
      const offset = (sequence - 1) * 2 + (producerId === p ? 0 : 1);
      expect(contains(report.handled, offset), `offset of ${producerId} ${sequence}`).toBe(true);
    }
  }
}

/** Every offset is in one part, with its own receipts. */
test("a report that is split loses nothing and doubles nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 60 }), fc.array(fc.nat(60), { maxLength: 20 }), (offsets, of) => {
      const member = newMember();
      for (const offset of [...new Set(offsets)].sort((a, b) => a - b)) {
        const account = member.openBatch({ first: offset, last: offset, visibleCount: 1 });
        account.processed(offset, 0, recordAt(offset).producerId, recordAt(offset).sequence);
        account.close();
      }
      const whole = member.nextReport(heading);
      const known: RangeSet = intersection(whole.handled, unionAll(of.map((offset) => rangeOf(offset, offset))));
      member.accept({ kind: "partly-known", known });
      const parts = [report(member), report(member)];
      expect(unionAll(parts.map((part) => part.handled))).toEqual(whole.handled);
      expect(intersection(parts[0]?.handled ?? [], parts[1]?.handled ?? [])).toEqual([]);
      for (const part of parts) {
        checkAgainstTruth({ report: part, processed: new Set(offsets), left: new Set(), claimed: new Set() });
      }
    }),
  );
});
