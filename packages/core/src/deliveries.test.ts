import { expect, test } from "vitest";
import { LaneDeliveries, maxHighest } from "./deliveries.ts";
import type { DeliveryReport } from "./delivery-report.ts";
import { countOf, rangeOf } from "./range-set.ts";
import type { Answer } from "./store.ts";
import { Unsettled } from "./unsettled.ts";

const lane = { system: "rabbitmq", cluster: "c//", destination: "orders", partition: "created" } as const;
const ids = { consumerId: "consumer-1", clientId: "client-1" };
const stored: Answer = { kind: "stored", era: 0, asked: [], settledTo: 0 };
const sendAll: Answer = { kind: "send-all", era: 0 };
const producer = "AAAAAAAAAAA";

function heading(number: number) {
  return { number, nonce: `n${number}`, buildsOn: number === 1 ? "" : `n${number - 1}` };
}

function createAccount(): LaneDeliveries {
  return new LaneDeliveries(lane, "queue", ids);
}

function onlyStream(report: DeliveryReport) {
  expect(report.streams).toHaveLength(1);
  return report.streams[0];
}

test("a report holds what came and what became of it since the report before", () => {
  const account = createAccount();
  for (const sequence of [1, 2, 3, 4]) account.received(producer, sequence, true);
  account.processed(producer, 1);
  account.processed(producer, 2);
  account.rejected(producer, 3);
  expect(onlyStream(account.report(heading(1)))).toEqual({
    producerId: producer,
    received: [1, 4],
    fresh: [1, 4],
    twice: [],
    processed: [1, 2],
    rejected: [3, 3],
  });
  account.accept(stored);
  expect(account.hasNews).toBe(false);
  account.processed(producer, 4);
  expect(onlyStream(account.report(heading(2)))).toMatchObject({ received: [], fresh: [], processed: [4, 4] });
});

test("a redelivery is received but not fresh, and moves no highest first delivery", () => {
  const account = createAccount();
  account.received(producer, 7, false);
  account.received(producer, 5, true);
  const report = account.report(heading(1));
  expect(onlyStream(report)).toMatchObject({ received: [5, 5, 7, 7], fresh: [5, 5], twice: [] });
  expect(report.highest).toEqual([{ producerId: producer, sequence: 5 }]);
  expect(report.totals).toMatchObject({ received: 2, redelivered: 1 });
});

test("two first deliveries of one sequence within a report were published twice", () => {
  const account = createAccount();
  for (const sequence of [1, 2, 2, 3]) account.received(producer, sequence, true);
  account.received(producer, 3, false);
  expect(onlyStream(account.report(heading(1)))).toMatchObject({ received: [1, 3], twice: [2, 2] });
});

test("send-all brings everything once more, with the news since and with what was published twice", () => {
  const account = createAccount();
  account.received(producer, 1, true);
  account.processed(producer, 1);
  account.report(heading(1));
  account.accept(stored);
  account.received(producer, 2, true);
  account.received(producer, 2, true);
  account.report(heading(2));
  account.received(producer, 3, true);
  account.accept(sendAll);
  expect(account.hasNews).toBe(true);
  const whole = account.report(heading(3));
  expect(whole.whole).toBe(true);
  expect(onlyStream(whole)).toMatchObject({ received: [1, 3], fresh: [1, 3], twice: [2, 2], processed: [1, 1] });
  account.accept(stored);
  expect(account.hasNews).toBe(false);
  account.received(producer, 4, true);
  const after = account.report(heading(4));
  expect(after.whole).toBe(false);
  expect(onlyStream(after)).toMatchObject({ received: [4, 4], twice: [] });
});

test("a store that holds less than it was told puts the queue in doubt, once", () => {
  const account = createAccount();
  account.received(producer, 1, true);
  account.report(heading(1));
  expect(account.takeDoubt()).toBe(false);
  account.accept(sendAll);
  expect(account.takeDoubt()).toBe(true);
  expect(account.takeDoubt()).toBe(false);
});

test("news that were booked while a report was on its way are not taken for stored", () => {
  const account = createAccount();
  account.received(producer, 1, true);
  const mark = account.bookedCount;
  account.report(heading(1));
  account.received(producer, 2, true);
  account.accept(stored);
  expect(account.storedCount).toBe(mark);
  expect(account.hasNews).toBe(true);
});

test("news that outgrow their room are forgotten from below, and that is a doubt", () => {
  const account = createAccount();
  for (let sequence = 2; sequence <= 2 * 8_193; sequence += 2) account.received(producer, sequence, true);
  expect(account.takeDoubt()).toBe(true);
  const received = onlyStream(account.report(heading(1)))?.received ?? [];
  expect(countOf(received)).toBeLessThan(8_193);
  expect(received.at(-1)).toBe(2 * 8_193);
});

test("invented producers cost no more than their room, and the true one is still accounted for", () => {
  const account = createAccount();
  account.received(producer, 1, true);
  account.report(heading(1));
  account.accept(stored);
  for (let each = 0; each < 1_500; each++) account.received(`P${each}`.padEnd(11, "_"), 1, true);
  expect(account.takeDoubt()).toBe(true);
  expect(account.report(heading(2)).streams.length).toBeLessThanOrEqual(1_000);
  account.accept(stored);
  account.received(producer, 2, true);
  expect(onlyStream(account.report(heading(3)))).toMatchObject({ producerId: producer, received: [2, 2] });
});

test("a report names the highest first delivery of the newest 64 streams", () => {
  const account = createAccount();
  account.received("OLDOLDOLDOL", 9, true);
  account.report(heading(1));
  account.accept(stored);
  for (let each = 0; each < maxHighest; each++) account.received(`P${each}`.padEnd(11, "_"), 3, true);
  const { highest } = account.report(heading(2));
  expect(highest).toHaveLength(maxHighest);
  expect(highest.map(({ producerId }) => producerId)).not.toContain("OLDOLDOLDOL");
});

test("a change of state is news, and so is a probe", () => {
  const account = createAccount();
  expect(account.hasNews).toBe(false);
  account.state = "off";
  expect(account.report(heading(1)).state).toBe("off");
  account.accept(stored);
  account.state = "off";
  expect(account.hasNews).toBe(false);
  account.probe();
  expect(account.report(heading(2)).streams).toEqual([]);
});

test("an ack up to a tag settles every delivery of the channel below it, whichever consumer got it", () => {
  const first = createAccount();
  const second = createAccount();
  const unsettled = new Unsettled();
  for (const tag of [1, 2, 3, 4]) {
    const account = tag % 2 === 1 ? first : second;
    account.received(producer, tag, true);
    unsettled.add(tag, { account, producerId: producer, sequence: tag });
  }
  unsettled.settle(3, true, "processed");
  expect(unsettled.count).toBe(1);
  expect(onlyStream(first.report(heading(1)))?.processed).toEqual([1, 1, 3, 3]);
  expect(onlyStream(second.report(heading(1)))?.processed).toEqual([2, 2]);
});

test("tag 0 with multiple settles everything, one tag only itself, and an unknown tag nothing", () => {
  const account = createAccount();
  const unsettled = new Unsettled();
  for (const tag of [1, 2, 3, 5]) unsettled.add(tag, { account, producerId: producer, sequence: tag });
  unsettled.settle(2, false, "processed");
  unsettled.settle(4, false, "processed");
  unsettled.settle(0, true, "rejected");
  expect(onlyStream(account.report(heading(1)))).toMatchObject({ processed: [2, 2], rejected: [1, 1, 3, 3, 5, 5] });
  expect(account.unsettledCount).toBe(0);
});

test("what was open when the channel closed goes back to the queue: neither processed nor rejected", () => {
  const account = createAccount();
  const unsettled = new Unsettled();
  account.received(producer, 1, true);
  unsettled.add(1, { account, producerId: producer, sequence: 1 });
  expect(account.unsettledCount).toBe(1);
  unsettled.requeueAll();
  unsettled.settle(1, false, "processed");
  expect(onlyStream(account.report(heading(1)))).toMatchObject({ received: [1, 1], processed: [], rejected: [] });
});

test("a backlog past its room forgets the oldest deliveries and keeps the others", () => {
  const account = createAccount();
  const unsettled = new Unsettled();
  for (let tag = 1; tag <= 100_010; tag++) unsettled.add(tag, { account, producerId: producer, sequence: tag });
  expect(unsettled.count).toBe(100_000);
  unsettled.settle(0, true, "processed");
  expect(onlyStream(account.report(heading(1)))?.processed).toEqual(rangeOf(11, 100_010));
});
