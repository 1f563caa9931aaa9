import { createMemoryStore } from "@seqwatch/core";
import { redisStore } from "@seqwatch/store-redis";
import { describeStore, expectSameStore, following, kafkaLane, operationsOf, testimony } from "@seqwatch/testkit";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RedisProcess, startRedisProcess } from "./redis-process.ts";

let server: RedisProcess;
let storeCount = 0;

beforeAll(async () => {
  server = await startRedisProcess();
});
afterAll(() => server.close());

describeStore("the store in Redis", async () =>
  redisStore({ url: server.url, prefix: `test-${storeCount++}`, commandTimeoutMs: 10_000 }),
);

test.for(["kafka", "rabbitmq"] as const)(
  "Redis and memory say the same to the same writes, and nothing to a repeat (%s)",
  { timeout: 120_000 },
  async (system) => {
    expect.hasAssertions();
    const store = redisStore({ url: server.url, prefix: `same-${system}`, commandTimeoutMs: 10_000 });
    let run = 0;
    const property = fc.asyncProperty(operationsOf(system), async (operations) => {
      const lane = { system, cluster: "c", destination: "d", partition: `${run++}` };
      await expectSameStore({ model: createMemoryStore(), real: store }, lane, operations);
    });
    await fc.assert(property, { numRuns: 200 });
    await store.close();
  },
);

test("a report that reaches back to any place of a long set merges as in memory", async () => {
  const store = redisStore({ url: server.url, prefix: "reach", commandTimeoutMs: 10_000 });
  const model = createMemoryStore();
  const first = testimony({ handled: Array.from({ length: 180 }, (_, index) => [2 * index, 2 * index]).flat() });
  for (let offset = 0; offset < 365; offset++) {
    const lane = { ...kafkaLane, partition: `${offset}` };
    for (const report of [first, following(first, { whole: true, handled: [offset, offset + (offset % 3)] })]) {
      await store.reportTestimony(lane, report);
      await model.reportTestimony(lane, report);
    }
    expect(await store.readLane(lane)).toEqual(await model.readLane(lane));
  }
  await store.close();
});
