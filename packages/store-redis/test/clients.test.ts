import { noNotes, type Store } from "@seqwatch/core";
import { redisStore } from "@seqwatch/store-redis";
import { finding, following, kafkaLane, ledger, rabbitLane, stored, testimony } from "@seqwatch/testkit";
import { Cluster, Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { startRedisProcess } from "./redis-process.ts";

/** Everything that goes another way with another client. */
async function expectWorks(store: Store): Promise<void> {
  expect(await store.reportLedger(kafkaLane, ledger())).toEqual(stored);
  const first = testimony({ handled: [0, 3] });
  for (const report of [first, following(first, { handled: [4, 4] })]) {
    expect(await store.reportTestimony(kafkaLane, report)).toEqual(stored);
  }
  await store.writeNotes(rabbitLane, { ...noNotes, eraRise: { era: 1, cut: 2 } });
  await store.saveFindings([finding()]);
  await store.doubtQueue("main", "billing", "token");
  expect((await store.readVersions()).size).toBe(2);
  expect((await store.readLane(kafkaLane)).groups.get("billing")?.done.get(0)?.handled).toEqual([0, 4]);
  expect(await store.readFindings()).toEqual([finding()]);
  expect(await store.readQueue("main", "billing")).toMatchObject({ doubtToken: "token" });
  expect(await store.readLife()).toMatch(/^[0-9a-f]{40}:[0-9a-f]{40}$/);
  const changed = vi.fn<() => void>();
  const stop = store.watchSwitch(changed);
  await store.writeSwitch({ version: 1, rules: [] });
  await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(1), { timeout: 2_000 });
  stop();
}

test.for([2, 3] as const)("the user's own ioredis client is used and stays open (RESP%s)", async (protocol) => {
  const server = await startRedisProcess();
  onTestFinished(() => server.close());
  const client = new Redis({ port: server.port, protocol });
  onTestFinished(() => client.disconnect());
  const store = redisStore({ client });
  await expectWorks(store);
  await store.close();
  expect(await client.ping()).toBe("PONG");
});

test("the user's own client that waits for a Redis that is gone is given up after the timeout", async () => {
  const client = new Redis({ port: 1, maxRetriesPerRequest: null });
  onTestFinished(() => client.disconnect());
  client.on("error", () => undefined);
  const store = redisStore({ client, commandTimeoutMs: 200 });
  await expect(store.readLane(kafkaLane)).rejects.toMatchObject({ code: "STORE_TIMEOUT" });
});

test("a cluster is used, for each script touches one slot", async () => {
  const server = await startRedisProcess("--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1");
  onTestFinished(() => server.close());
  await server.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  await vi.waitFor(async () => expect(await server.command("CLUSTER", "INFO")).toContain("cluster_state:ok"), {
    timeout: 20_000,
  });
  const client = new Cluster([{ host: "127.0.0.1", port: server.port }]);
  onTestFinished(() => client.disconnect());
  const store = redisStore({ client, commandTimeoutMs: 5_000 });
  await expectWorks(store);
  await store.close();
});
