import { describe, expect, test } from "vitest";
import type { Lane } from "./lane.ts";
import { isEmpty } from "./range-set.ts";
import type { Answer } from "./store.ts";
import { LaneTestimony } from "./testimony.ts";
import type { TestimonyReport } from "./testimony-report.ts";

const lane: Lane = { system: "kafka", cluster: "c", destination: "orders", partition: "0" };
const heading = { number: 1, nonce: "n", buildsOn: "" };
const p = "AAAAAAAAAAA";
const storedIn = (era: number): Answer => ({ kind: "stored", era, asked: [], settledTo: 0 });
const stored = storedIn(0);

function newMember(): LaneTestimony {
  const member = new LaneTestimony(lane, "billing", "client");
  member.enter(0, false);
  return member;
}

function report(member: LaneTestimony, answer: Answer = stored): TestimonyReport {
  const made = member.nextReport(heading);
  member.accept(answer);
  return made;
}

/** Delivers one batch and processes all of it, one sequence an offset, sequence = offset + 1. */
function work(member: LaneTestimony, first: number, last: number): void {
  const account = member.openBatch({ first, last, visibleCount: last - first + 1 });
  for (let offset = first; offset <= last; offset += 1) account.processed(offset, 0, p, offset + 1);
  account.close();
}

function leave(member: LaneTestimony, offset: number): void {
  const account = member.openBatch({ first: offset, last: offset, visibleCount: 1 });
  account.left(offset, p, offset + 1);
  account.close();
}

describe("a report", () => {
  test("says that its member has left only when nothing that the member did waits behind it", () => {
    const member = newMember();
    work(member, 10, 14);
    member.committed(15);
    // A replay is reported apart.
    work(member, 10, 12);
    member.leave("closed");
    expect(report(member)).toMatchObject({ handled: [10, 14], claim: { state: "open", committed: 15 } });
    expect(member.hasNews).toBe(true);
    expect(report(member)).toMatchObject({ handled: [10, 12], claim: { state: "closed" } });
    expect(member.hasNews).toBe(false);
  });

  test("holds the offsets that were handled and the sequences at exactly those", () => {
    const member = newMember();
    work(member, 10, 14);
    expect(report(member)).toMatchObject({
      handled: [10, 14],
      streams: [{ producerId: p, processed: [11, 15] }],
      epochs: [{ epoch: 0, first: 10, last: 14 }],
    });
  });

  test("claims what no handler is given, once the message after it or the batch is over", () => {
    const member = newMember();
    const account = member.openBatch({ first: 10, last: 20, visibleCount: 2 });
    account.processed(12, 0, p, 1);
    expect(report(member).handled).toEqual([10, 12]);
    account.processed(15, 0, p, 2);
    account.close();
    expect(report(member).handled).toEqual([13, 20]);
  });

  test("claims nothing beyond a message whose handler is not over", () => {
    const member = newMember();
    const account = member.openBatch({ first: 10, last: 20, visibleCount: 3 });
    account.processed(12, 0, p, 1);
    account.processed(12, 0, p, 1);
    account.unknown(14);
    account.close();
    expect(report(member).handled).toEqual([10, 13]);
  });

  test("names a message that the log holds twice, not one that was handled again", () => {
    const member = newMember();
    const account = member.openBatch({ first: 0, last: 2, visibleCount: 3 });
    account.processed(0, 0, p, 1);
    account.processed(0, 0, p, 1);
    account.processed(1, 0, p, 2);
    account.processed(2, 0, p, 2);
    account.close();
    expect(report(member).streams).toMatchObject([{ processed: [1, 2], twice: [2, 2] }]);
  });

  test("names what came for the first time further behind than is wanted, but no repeat of it", () => {
    const member = newMember();
    member.maxDisorder = 3;
    const account = member.openBatch({ first: 0, last: 4, visibleCount: 5 });
    [1, 9, 6, 5, 9].forEach((sequence, offset) => account.processed(offset, 0, p, sequence));
    account.close();
    expect(report(member).streams).toMatchObject([{ processed: [1, 1, 5, 6, 9, 9], late: [5, 5] }]);
    work(member, 0, 0);
    expect(report(member).streams).toMatchObject([{ late: [] }]);
  });

  test("counts a copy from another lane as a mark, not as a receipt", () => {
    const member = newMember();
    const account = member.openBatch({ first: 0, last: 1, visibleCount: 2 });
    account.processed(0, 0, p, 7, true);
    account.processed(1, 0, undefined, 0);
    account.close();
    expect(report(member)).toMatchObject({ handled: [0, 1], foreign: [0, 0], unstamped: [1, 1], streams: [] });
  });
});

describe("what was left behind", () => {
  test("is said when our own commit has passed it", () => {
    const member = newMember();
    leave(member, 5);
    expect(report(member).givenUp).toEqual([]);
    member.committed(6);
    expect(report(member)).toMatchObject({ givenUp: [5, 5], streams: [{ givenUp: [6, 6], processed: [] }] });
  });

  test("does not cross a join, committed or not, waiting or refused", () => {
    const member = newMember();
    leave(member, 5);
    member.committed(6);
    leave(member, 7);
    const refused = member.nextReport(heading);
    member.enter(10, false);
    member.accept({ kind: "partly-known", known: [4, 4] });
    member.committed(20);
    expect(refused.givenUp).toEqual([5, 5]);
    expect(report(member).givenUp).toEqual([]);
  });

  test("by a seek is told apart from what the handler gave up before", () => {
    const member = newMember();
    work(member, 0, 4);
    leave(member, 5);
    member.seeked();
    work(member, 9, 9);
    member.committed(10);
    expect(report(member)).toMatchObject({
      givenUp: [5, 5],
      jumped: [6, 8],
      streams: [{ givenUp: [6, 6], jumped: [], processed: [1, 5, 10, 10] }],
    });
  });

  test("of a batch that was delivered before a join is not said, however late its handler is over", () => {
    const member = newMember();
    const account = member.openBatch({ first: 5, last: 6, visibleCount: 2 });
    member.enter(10, false);
    account.processed(5, 0, p, 6);
    account.left(6, p, 7);
    account.close();
    member.committed(20);
    expect(report(member)).toMatchObject({ handled: [5, 5], givenUp: [] });
  });

  test("by a seek is taken back by a seek back", () => {
    const member = newMember();
    work(member, 0, 4);
    member.seeked();
    work(member, 9, 9);
    member.seeked();
    const account = member.openBatch({ first: 5, last: 8, visibleCount: 4 });
    member.committed(10);
    account.processed(5, 0, p, 6);
    account.close();
    expect(report(member).jumped).toEqual([]);
  });

  test("bears the era of its delivery, not that of the commit", () => {
    const member = newMember();
    leave(member, 5);
    report(member, storedIn(1));
    member.committed(6);
    work(member, 0, 1);
    const reports = [report(member, storedIn(1)), report(member, storedIn(1))];
    expect(reports).toMatchObject([
      { era: 0, givenUp: [5, 5], handled: [] },
      { era: 1, givenUp: [], handled: [0, 1] },
    ]);
  });
});

describe("an era", () => {
  test("is that of the delivery, however long the handler takes", () => {
    const member = newMember();
    const account = member.openBatch({ first: 0, last: 1, visibleCount: 2 });
    account.processed(0, 0, p, 1);
    report(member, storedIn(1));
    account.processed(1, 0, p, 2);
    account.close();
    expect(report(member, storedIn(1))).toMatchObject({ era: 0, handled: [1, 1] });
  });

  test("that a store without its record names again is not believed", () => {
    const member = newMember();
    report(member, storedIn(2));
    report(member, { kind: "send-all", era: 0 });
    work(member, 0, 1);
    expect(report(member)).toMatchObject({ era: 2, whole: true, handled: [0, 1] });
  });

  test("cuts the way between two positions: nothing is jumped over from one era to the next", () => {
    const member = newMember();
    work(member, 0, 4);
    report(member, storedIn(1));
    member.seeked();
    work(member, 9, 9);
    member.committed(10);
    expect(report(member)).toMatchObject({ jumped: [], handled: [9, 9] });
  });
});

describe("an answer", () => {
  test("to a report made before a join does not swallow the join", () => {
    const member = newMember();
    work(member, 0, 1);
    const before = member.nextReport(heading);
    member.enter(77, false);
    member.accept(stored);
    expect(before.entered?.highWatermark).toBe(0);
    expect(member.nextReport(heading).entered?.highWatermark).toBe(77);
  });

  test("that part is known makes two reports that hold everything once", () => {
    const member = newMember();
    work(member, 0, 9);
    report(member, { kind: "partly-known", known: [3, 5] });
    expect([report(member), report(member)]).toMatchObject([
      { handled: [3, 5], streams: [{ processed: [4, 6] }] },
      { handled: [0, 2, 6, 9], streams: [{ processed: [1, 3, 7, 10] }] },
    ]);
    expect(member.hasNews).toBe(false);
  });

  test("that part is known keeps a mark whose own offset is still open", () => {
    const member = newMember();
    const account = member.openBatch({ first: 0, last: 1, visibleCount: 2 });
    account.processed(0, 0, p, 1);
    account.left(1, undefined, 0);
    account.close();
    report(member, { kind: "partly-known", known: [0, 0] });
    expect([report(member).unstamped, report(member).unstamped]).toContainEqual([1, 1]);
  });

  test("that asks for everything gets everything handled and nothing left behind", () => {
    const member = newMember();
    work(member, 0, 4);
    report(member);
    leave(member, 5);
    member.committed(6);
    work(member, 6, 7);
    report(member, { kind: "send-all", era: 0 });
    expect(report(member)).toMatchObject({
      whole: true,
      handled: [0, 4, 6, 7],
      givenUp: [],
      streams: [{ processed: [1, 5, 7, 8] }],
    });
    expect(isEmpty(report(member).handled)).toBe(true);
  });

  test("that asks for everything gets no offset whose receipts were forgotten", () => {
    const member = newMember();
    for (let offset = 0; offset < 1_100; offset += 1) {
      const account = member.openBatch({ first: offset, last: offset, visibleCount: 1 });
      account.processed(offset, 0, `P${offset}`.padEnd(11, "_"), 1);
      account.close();
    }
    report(member, { kind: "send-all", era: 0 });
    const whole = report(member);
    expect(whole.streams).toHaveLength(1_000);
    expect(whole.handled).toEqual([100, 1_099]);
  });
});

describe("with the store away", () => {
  test("what outgrows its bounds is sent from what is held: whole, with every receipt, and nothing left over", () => {
    const member = newMember();
    const account = member.openBatch({ first: 0, last: 49_999, visibleCount: 50_000 });
    // Two producers that take turns: no two neighbours share a run.
    for (let offset = 0; offset < 50_000; offset += 1) {
      account.processed(offset, 0, offset % 2 === 0 ? p : "BBBBBBBBBBB", Math.floor(offset / 2) + 1);
    }
    account.close();
    const whole = report(member);
    expect(whole).toMatchObject({ whole: true, handled: [0, 49_999] });
    expect(whole.streams.map((stream) => stream.processed)).toEqual([
      [1, 25_000],
      [1, 25_000],
    ]);
    expect(report(member)).toMatchObject({ whole: false, handled: [], streams: [] });
  });
});
