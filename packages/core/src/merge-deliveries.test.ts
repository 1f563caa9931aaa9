import { expect, test } from "vitest";
import type { DeliveryReport } from "./delivery-report.ts";
import { createMemoryStore } from "./memory-store.ts";
import type { RangeSet } from "./range-set.ts";

const lane = { system: "rabbitmq", cluster: "c//", destination: "", partition: "queue" } as const;
const producerId = "AAAAAAAAAAA";

function reportOf(consumerId: string, delivered: { received: RangeSet; fresh: RangeSet }, number = 1): DeliveryReport {
  const totals = { received: 0, processed: 0, redelivered: 0, unstamped: 0, forwarded: 0, skipped: 0 };
  const link = { number, nonce: `${consumerId}${number}`, buildsOn: number === 1 ? "" : `${consumerId}${number - 1}` };
  const streams = [{ producerId, twice: [], processed: [], rejected: [], ...delivered }];
  const ids = { queue: "queue", consumerId, clientId: "client" };
  return { ...ids, ...link, whole: false, streams, highest: [], state: "open", totals };
}

async function duplicatesAfter(reports: readonly DeliveryReport[]): Promise<RangeSet | undefined> {
  const store = createMemoryStore();
  for (const report of reports) await store.reportDeliveries(lane, report);
  return (await store.readLane(lane)).groups.get("queue")?.receipts.get(producerId)?.duplicate;
}

test("a message that one consumer gave back and another reported first is no copy", async () => {
  const again = reportOf("b", { received: [5, 5], fresh: [] });
  const first = reportOf("a", { received: [1, 5], fresh: [1, 5] });
  expect(await duplicatesAfter([again, first])).toEqual([]);
  expect(await duplicatesAfter([first, again])).toEqual([]);
});

test("a message that two consumers got as a first delivery is a copy, also when one of them gave it back before", async () => {
  const again = reportOf("b", { received: [5, 5], fresh: [] });
  const first = reportOf("a", { received: [1, 5], fresh: [1, 5] });
  const copy = reportOf("b", { received: [5, 5], fresh: [5, 5] }, 2);
  expect(await duplicatesAfter([again, first, copy])).toEqual([5, 5]);
  expect(await duplicatesAfter([first, again, copy])).toEqual([5, 5]);
});
