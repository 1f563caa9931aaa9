import { expect, test } from "vitest";
import { StreamLedger } from "./ledger.ts";
import { LaneTestimony } from "./testimony.ts";

const lane = { system: "kafka", cluster: "c", destination: "orders", partition: "0" } as const;
const p = "AAAAAAAAAAA";

function newMember(): LaneTestimony {
  const member = new LaneTestimony(lane, "billing", "client");
  member.enter(0, false);
  return member;
}

function work(member: LaneTestimony, first: number, last: number) {
  const account = member.openBatch({ first, last, visibleCount: last - first + 1 });
  for (let offset = first; offset <= last; offset += 1) account.processed(offset, 0, p, offset + 1);
  account.close();
}

function report(member: LaneTestimony) {
  const made = member.nextReport({ number: 1, nonce: "n", buildsOn: "" });
  member.accept({ kind: "stored", era: 0, asked: [], settledTo: 0 });
  return made;
}

test("what a distrusted member had not reported is never testified, not even when it has to send all", () => {
  const member = newMember();
  work(member, 0, 4);
  report(member);
  work(member, 5, 9);
  member.distrust();
  expect(report(member)).toMatchObject({ handled: [], streams: [], claim: { state: "off" } });
  member.enter(10, true);
  work(member, 10, 14);
  member.nextReport({ number: 2, nonce: "m", buildsOn: "n" });
  member.accept({ kind: "send-all", era: 0 });
  expect(report(member)).toMatchObject({ handled: [10, 14], streams: [{ processed: [11, 15] }] });
});

test("an abandoned account books nothing any more: what it missed must not pass for what no handler is given", () => {
  const member = newMember();
  const account = member.openBatch({ first: 0, last: 4, visibleCount: 5 });
  account.processed(0, 0, p, 1);
  account.abandon();
  account.processed(3, 0, p, 4);
  account.left(4, p, 5);
  account.settle(1, { kind: "processed", epoch: 0, producerId: p, sequence: 2 });
  account.unknown(2);
  account.close();
  member.committed(5);
  expect(report(member)).toMatchObject({ handled: [0, 0], givenUp: [] });
});

test("a distrusted ledger speaks of nothing that was given out before, and of everything after", () => {
  const ledger = new StreamLedger(lane, p, { confirms: true });
  const [before, after] = [ledger.openRun(), ledger.openRun()];
  for (let at = 0; at < 3; at += 1) before.next();
  ledger.age(0, 60_000);
  const { revision } = ledger;
  ledger.distrust();
  expect(ledger.revision).toBeGreaterThan(revision);
  after.next();
  ledger.age(61_000, 60_000);
  ledger.age(130_000, 60_000);
  expect(ledger.report({ clientId: "c", number: 1, nonce: "n", buildsOn: "" }, [])).toMatchObject({
    floor: 4,
    uncertain: [4, 4],
  });
});
