import { readFileSync } from "node:fs";
import { noNotes, type Store } from "@seqwatch/core";
import { redisStore } from "@seqwatch/store-redis";
import { deliveries, finding, kafkaLane, ledger, rabbitLane, testimony } from "@seqwatch/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type RedisProcess, startRedisProcess } from "./redis-process.ts";

const security = readFileSync(new URL("../../../SECURITY.md", import.meta.url), "utf8");
const stores: Store[] = [];
let server: RedisProcess;
let application: Store;
let auditor: Store;

/** The rules of a user, just as SECURITY.md has them for people to copy. */
function rulesOf(user: string): readonly string[] {
  const line = security.split("\n").find((text) => text.startsWith(`ACL SETUSER ${user} `));
  if (line === undefined) throw new Error(`SECURITY.md has no user ${user}.`);
  return line.split(" ").slice(3);
}

async function storeAs(user: string): Promise<Store> {
  await server.command("ACL", "SETUSER", user, ...rulesOf(user));
  const url = server.url.replace("redis://", `redis://${user}:PASSWORD@`);
  const store = redisStore({ url, commandTimeoutMs: 10_000 });
  stores.push(store);
  return store;
}

beforeAll(async () => {
  server = await startRedisProcess();
  application = await storeAs("seqwatch-application");
  auditor = await storeAs("seqwatch-auditor");
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await server.close();
});

const sign = {
  clientId: "client-orders",
  number: 1,
  service: "orders-api",
  instance: "host-1",
  pid: 17,
  version: "0.1.0",
  system: "kafka",
  state: "open",
  roles: [],
  reportErrorCount: 0,
  droppedReportCount: 0,
} as const;
const consumer = { consumerId: "c", clientId: "client-orders", number: 1, deliveries: 0, state: "open" } as const;

test("an application can do all that it does with its own rights", async () => {
  const heard = vi.fn<() => void>();
  const stop = application.watchSwitch(heard);
  expect(await application.reportLedger(kafkaLane, ledger())).toMatchObject({ kind: "stored" });
  expect(await application.reportTestimony(kafkaLane, testimony())).toMatchObject({ kind: "stored" });
  expect(await application.reportDeliveries(rabbitLane, deliveries())).toMatchObject({ kind: "stored" });
  await application.signClient(sign);
  await application.signClient({ ...sign, number: 2, state: "closed" });
  await application.signConsumers("main", "billing", [consumer, { ...consumer, number: 2, state: "closed" }]);
  await application.doubtQueue("main", "billing", "token");
  await application.announceLane(kafkaLane);
  expect((await application.readLane(kafkaLane)).version).toBeGreaterThan(0);
  expect((await application.readSwitch()).rules).toEqual([]);
  await vi.waitFor(async () => {
    await auditor.writeSwitch({ version: Date.now(), rules: [] });
    expect(heard).toHaveBeenCalled();
  });
  stop();
});

test("an auditor can do all that it does with its own rights", async () => {
  await application.reportLedger(kafkaLane, ledger());
  expect((await auditor.readVersions()).size).toBeGreaterThan(0);
  expect((await auditor.readClients()).map(({ clientId }) => clientId)).toEqual(["client-orders"]);
  expect((await auditor.readQueue("main", "billing")).consumers.size).toBe(1);
  await auditor.writeNotes(kafkaLane, { ...noNotes, settled: [{ producerId: ledger().producerId, to: 1 }] });
  const { producerId } = ledger();
  await auditor.confirm(kafkaLane, [
    { producerId, group: undefined, sequences: [1, 1], era: 0, leftBehindFrom: undefined },
  ]);
  expect((await auditor.saveFindings([finding()])).size).toBe(1);
  expect(await auditor.readFindings()).toHaveLength(1);
  const { slots } = await auditor.lease({ auditorId: "one", number: 1, keep: [], most: 4, dead: [] });
  expect(slots).toHaveLength(4);
  expect(await auditor.readLife()).not.toContain("?");
  expect(await auditor.readWarnings()).toEqual([]);
  await auditor.collect(kafkaLane, {
    streams: [],
    members: [],
    groups: [],
    wholeAtVersion: (await auditor.readLane(kafkaLane)).version,
  });
});

test("an application can neither throw the switch, nor read or forge findings, nor take an auditor's lanes", async () => {
  await expect(application.writeSwitch({ version: Number.MAX_SAFE_INTEGER, rules: [] })).rejects.toThrow("permission");
  await expect(application.readFindings()).rejects.toThrow("permission");
  await expect(application.saveFindings([finding()])).rejects.toThrow("permission");
  await expect(application.lease({ auditorId: "x", number: 1, keep: [], most: 1, dead: [] })).rejects.toThrow(
    "permission",
  );
});

test.for(["seqwatch-application", "seqwatch-auditor"])(
  "%s reaches no keys but Seqwatch's, and no other commands",
  async (user) => {
    const denied = [
      ["GET", "orders:1"],
      ["HGETALL", "sessions"],
      ["FLUSHALL"],
      ["KEYS", "*"],
      ["CONFIG", "GET", "*"],
      ["ACL", "LIST"],
      ["SCRIPT", "FLUSH"],
    ];
    for (const command of denied) {
      expect(await server.command("ACL", "DRYRUN", user, ...command)).toMatch(/no permissions|has no permissions/);
    }
  },
);
