import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { noNotes, type Store } from "@seqwatch/core";
import { type RedisStoreOptions, redisStore, StoreError } from "@seqwatch/store-redis";
import { following, kafkaLane, ledger, stored, streamTestimony, testimony } from "@seqwatch/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type RedisProcess, startRedisProcess } from "./redis-process.ts";

const run = promisify(execFile);
let server: RedisProcess;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  server = await started();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function started(...options: readonly string[]): Promise<RedisProcess> {
  const process = await startRedisProcess(...options);
  closers.push(async () => process.close());
  return process;
}

function opened(options: RedisStoreOptions): Store {
  const store = redisStore(options);
  closers.push(async () => store.close());
  return store;
}

/** The code of a rejection, and how long it took. */
async function refusalOf(call: Promise<unknown>): Promise<{ readonly code: unknown; readonly afterMs: number }> {
  const beganAtMs = performance.now();
  const error: unknown = await call.then(
    () => "no rejection",
    (reason: unknown) => reason,
  );
  return { code: error instanceof StoreError ? error.code : error, afterMs: performance.now() - beganAtMs };
}

test("with no Redis at the start a call is refused at once, and served once there is one", async () => {
  await server.kill();
  const store = opened({ url: server.url });
  const { code, afterMs } = await refusalOf(store.reportLedger(kafkaLane, ledger()));
  expect(code).toBe("STORE_UNREACHABLE");
  expect(afterMs).toBeLessThan(900);
  await server.start();
  await vi.waitFor(() => store.reportLedger(kafkaLane, ledger()), { timeout: 10_000 });
});

test("a Redis that is killed and comes back is used again, and what it lost is asked for", async () => {
  const store = opened({ url: server.url });
  const first = testimony({ handled: [0, 3] });
  expect(await store.reportTestimony(kafkaLane, first)).toEqual(stored);
  const life = await store.readLife();
  await server.kill();
  expect((await refusalOf(store.reportTestimony(kafkaLane, following(first)))).code).toBe("STORE_UNREACHABLE");
  await server.start();
  const answer = await vi.waitFor(() => store.reportTestimony(kafkaLane, following(first)), { timeout: 10_000 });
  expect(answer).toEqual({ kind: "send-all", era: 0 });
  expect(await store.readLife()).not.toBe(life);
});

test("a frozen Redis refuses within the timeout, also where the connection is new", async () => {
  const store = opened({ url: server.url, commandTimeoutMs: 300 });
  await store.reportLedger(kafkaLane, ledger());
  server.freeze();
  expect((await refusalOf(store.reportLedger(kafkaLane, ledger()))).code).toBe("STORE_TIMEOUT");
  for (let call = 0; call < 4; call++) {
    const { code, afterMs } = await refusalOf(store.reportLedger(kafkaLane, ledger()));
    expect(["STORE_TIMEOUT", "STORE_UNREACHABLE"]).toContain(code);
    expect(afterMs).toBeLessThan(1_000);
  }
  server.thaw();
  await vi.waitFor(() => store.reportLedger(kafkaLane, ledger()), { timeout: 10_000 });
});

test("with Redis frozen, no more than a thousand commands are under way", async () => {
  const store = opened({ url: server.url, commandTimeoutMs: 2_000 });
  await store.readSwitch();
  server.freeze();
  const calls = Array.from({ length: 1_500 }, () => refusalOf(store.readLane(kafkaLane)));
  const codes = (await Promise.all(calls)).map(({ code }) => code);
  expect(codes.filter((code) => code === "STORE_BUSY").length).toBe(500);
  server.thaw();
});

test("a wrong password has a code and a message of its own, which does not repeat it", async () => {
  const locked = await started("--requirepass", "right");
  const url = `redis://:wrong-one@127.0.0.1:${locked.port}`;
  const call = opened({ url }).reportLedger(kafkaLane, ledger());
  await expect(call).rejects.toMatchObject({ code: "STORE_WRONG_PASSWORD" });
  const error: unknown = await call.catch((reason: unknown) => reason);
  expect(JSON.stringify([String(error), error, Object.entries(Object(Object(error).cause))])).not.toContain(
    "wrong-one",
  );
  expect(await opened({ url: url.replace("wrong-one", "right") }).reportLedger(kafkaLane, ledger())).toEqual(stored);
});

test("no password where one is needed has the same code", async () => {
  const locked = await started("--requirepass", "right");
  const call = opened({ url: locked.url }).readSwitch();
  await expect(call).rejects.toMatchObject({ code: "STORE_WRONG_PASSWORD" });
});

test("a read-only replica is named as one", async () => {
  const replica = await started("--replicaof", "127.0.0.1", `${server.port}`);
  const store = opened({ url: replica.url });
  await vi.waitFor(async () => expect(await replica.command("INFO", "replication")).toContain("link_status:up"), {
    timeout: 20_000,
  });
  await expect(store.reportLedger(kafkaLane, ledger())).rejects.toMatchObject({ code: "STORE_READ_ONLY" });
  expect(await store.readWarnings()).toEqual([expect.stringContaining("is a replica")]);
});

test("a user who may not run scripts is told so", async () => {
  await server.command("ACL", "SETUSER", "plain", "on", ">secret", "~*", "&*", "+@all", "-@scripting");
  const store = opened({ url: `redis://plain:secret@127.0.0.1:${server.port}` });
  const call = store.reportLedger(kafkaLane, ledger());
  await expect(call).rejects.toMatchObject({ code: "STORE_SCRIPTS_FORBIDDEN" });
});

test("after FLUSHALL a chained report is answered with send-all, and a ledger is simply stored again", async () => {
  const store = opened({ url: server.url });
  const first = testimony({ handled: [0, 3] });
  await store.reportTestimony(kafkaLane, first);
  await store.reportLedger(kafkaLane, ledger());
  await server.command("FLUSHALL");
  const answer = await store.reportTestimony(kafkaLane, following(first));
  expect(answer).toEqual({ kind: "send-all", era: 0 });
  expect(await store.reportTestimony(kafkaLane, following(first, { whole: true }))).toEqual(stored);
  expect(await store.reportLedger(kafkaLane, following(ledger()))).toEqual(stored);
  expect([...(await store.readVersions()).keys()]).toEqual(["kafka/main/orders/0"]);
});

test("after SCRIPT FLUSH scripts are given again", async () => {
  const store = opened({ url: server.url });
  await store.reportLedger(kafkaLane, ledger());
  await server.command("SCRIPT", "FLUSH");
  expect(await store.reportLedger(kafkaLane, following(ledger()))).toEqual(stored);
  expect(await store.readLane(kafkaLane)).toMatchObject({ version: 2 });
});

test("a full Redis is named as one", async () => {
  await server.command("CONFIG", "SET", "maxmemory", "1");
  const call = opened({ url: server.url }).reportLedger(kafkaLane, ledger());
  await expect(call).rejects.toMatchObject({ code: "STORE_FULL" });
});

test("a policy that evicts is warned of", async () => {
  const store = opened({ url: server.url });
  expect(await store.readWarnings()).toEqual([]);
  await server.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
  expect(await store.readWarnings()).toEqual([expect.stringContaining("allkeys-lru")]);
});

test("fields that somebody damaged count as absent and are named", async () => {
  const store = opened({ url: server.url });
  await store.reportLedger(kafkaLane, ledger());
  await store.reportTestimony(kafkaLane, testimony({ handled: [0, 3] }));
  const key = "seqwatch:{kafka/main/orders/0}";
  await server.command("HSET", key, "dh1:0", "3-1", "lother", "what", "rp9:x", "1", "zzz", "", "m1:", "1;2");
  const record = await store.readLane(kafkaLane);
  expect([...record.ledgers.keys()]).toEqual(["producer-01"]);
  expect(record.groups.get("billing")?.done.size).toBe(0);
  expect(await store.readWarnings()).toEqual([expect.stringMatching(/5 fields .* dh1:0, /)]);
});

test("a damaged field that could speak against a loss leaves nothing to be judged", async () => {
  const store = opened({ url: server.url });
  await store.reportLedger(kafkaLane, ledger());
  const streams = [streamTestimony({ processed: [1, 4] })];
  await store.reportTestimony(kafkaLane, testimony({ handled: [0, 3], streams }));
  const key = "seqwatch:{kafka/main/orders/0}";
  await server.command("HSET", key, "rp1:producer-01", "4-1", "D1", "?");
  const group = (await store.readLane(kafkaLane)).groups.get("billing");
  expect(group?.doubtTo).toBe(Number.MAX_SAFE_INTEGER);
  expect(group?.receipts.get("producer-01")).toMatchObject({ floor: Number.MAX_SAFE_INTEGER, processed: [] });
});

test("every write renews the life of its lane", async () => {
  const store = opened({ url: server.url, ttlMs: 3_600_000 });
  const key = "seqwatch:{kafka/main/orders/0}";
  await store.reportLedger(kafkaLane, ledger());
  await server.command("PEXPIRE", key, "1000");
  await store.writeNotes(kafkaLane, { ...noNotes, doubts: [{ group: "billing", to: 3 }] });
  expect(Number(await server.command("PTTL", key))).toBeGreaterThan(3_590_000);
});

test("a switch that was read stays as it was while Redis is away, and never goes back to an older version", async () => {
  const store = opened({ url: server.url });
  const quiet = { version: 3, rules: [] };
  await store.writeSwitch(quiet);
  expect(await store.readSwitch()).toEqual(quiet);
  await server.command("FLUSHALL");
  expect(await store.readSwitch()).toEqual(quiet);
  await server.kill();
  expect(await store.readSwitch()).toEqual(quiet);
  await expect(opened({ url: server.url }).readSwitch()).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
});

test("another process hears of the switch within two seconds, also without messages", async () => {
  const writer = opened({ url: server.url });
  const reader = opened({ url: server.url });
  const changed = vi.fn<() => void>();
  closers.push(async () => reader.watchSwitch(changed)());
  const stop = reader.watchSwitch(changed);
  await writer.writeSwitch({ version: 1, rules: [] });
  await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(1), { timeout: 2_000 });
  await server.command("CLIENT", "KILL", "TYPE", "pubsub");
  await writer.writeSwitch({ version: 2, rules: [] });
  await vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(2), { timeout: 2_000 });
  stop();
});

test.for(["up", "frozen", "gone"] as const)("a store does not keep its process alive (Redis %s)", async (state) => {
  if (state === "frozen") server.freeze();
  if (state === "gone") await server.kill();
  const probe = fileURLToPath(new URL("exit-probe.ts", import.meta.url));
  const { stdout } = await run(process.execPath, ["--conditions=@seqwatch/source", probe, server.url]);
  server.thaw();
  expect(Number(stdout)).toBeLessThan(1_000);
});

test("a store that was closed says so", async () => {
  const store = opened({ url: server.url });
  await store.readSwitch();
  await store.close();
  await expect(store.readLane(kafkaLane)).rejects.toMatchObject({ code: "STORE_CLOSED" });
});
