import {
  createMemoryStore,
  defaultPolicy,
  type EvidenceReader,
  type Finding,
  type Lane,
  laneKeyOf,
  type Store,
} from "@seqwatch/core";
import { expect, test } from "vitest";
import {
  kafkaLane,
  rabbitLane,
  sampleFinding,
  sampleLedger,
  sampleSign,
  storeWithUnroutable,
} from "../test/samples.ts";
import { Auditor } from "./auditor.ts";
import { LaneLeases, type LaneShare } from "./lane-leases.ts";
import { watchStore } from "./watched-store.ts";

/** An auditor whose clock stands until `pass` moves it on. */
function auditOver(store: Store, reader?: EvidenceReader, share?: LaneShare) {
  let nowMs = 1_000_000;
  const changed: Finding[] = [];
  const failures: string[] = [];
  const looks: string[] = [];
  const auditor = new Auditor({
    store,
    readerOf: () => reader,
    policy: defaultPolicy,
    ...(share && { share }),
    concurrency: 4,
    maxLanesPerPass: 100,
    nowMs: () => nowMs,
    wallMs: () => nowMs,
    watcher: {
      changed: (finding) => changed.push(finding),
      looked: (key) => looks.push(key),
      forgot: () => undefined,
      tookOver: () => undefined,
      answered: () => undefined,
      failed: (where) => failures.push(where),
    },
  });
  const pass = async (afterMs = 500) => {
    nowMs += afterMs;
    return await auditor.pass();
  };
  return { auditor, changed, failures, looks, pass };
}

/** The same store with some of its answers replaced. */
function storeWith(store: Store, change: Partial<Store>): Store {
  return { ...watchStore(store, { answered: () => undefined, readLane: () => undefined }), ...change };
}

const lanes = (count: number): Lane[] =>
  Array.from({ length: count }, (_, index) => ({ ...kafkaLane, partition: String(index) }));

test("a proved loss becomes a finding at the first pass and is told once", async () => {
  const { changed, pass } = auditOver(await storeWithUnroutable());
  for (let passes = 0; passes < 5; passes++) await pass();
  expect(changed.map(({ state, verdict, sequences }) => [state, verdict, sequences])).toEqual([
    ["confirmed", "produce.unroutable", { confirmed: [3, 7] }],
  ]);
});

test("two auditors over one store find the loss once each and confirm it once", async () => {
  const store = await storeWithUnroutable();
  const [one, other] = [auditOver(store), auditOver(store)];
  for (let passes = 0; passes < 3; passes++) await Promise.all([one.pass(), other.pass()]);
  const ids = [...one.changed, ...other.changed].map(({ id }) => id);
  expect(new Set(ids).size).toBe(1);
  const record = await store.readLane(rabbitLane);
  expect(record.verdicts.get("abcdefghijk")?.lost).toEqual([3, 7]);
});

/** Auditors that share a store, and renew their leases when they are told to. */
function sharingAuditors(store: Store, count: number) {
  let nowMs = 0;
  const auditors = Array.from({ length: count }, (_, index) => {
    const options = {
      store,
      auditorId: `auditor-${index}`,
      leaseMs: 3_000,
      nowMs: () => nowMs,
      failed: () => undefined,
    };
    const leases = new LaneLeases(options);
    return { leases, ...auditOver(store, undefined, leases) };
  });
  const renewAll = async (some = auditors, afterMs = 750) => {
    nowMs += afterMs;
    for (const { leases } of some) await leases.renew();
  };
  return { auditors, renewAll };
}

test("two auditors with leases look at each lane once, and tell each loss once between them", async () => {
  const store = await storeWithUnroutable();
  for (const lane of lanes(40)) await store.reportLedger(lane, sampleLedger({ ended: 10 }));
  const { auditors, renewAll } = sharingAuditors(store, 2);
  for (let renewals = 0; renewals < 3; renewals++) await renewAll();
  for (const { pass } of auditors) for (let passes = 0; passes < 3; passes++) await pass();
  const looked = auditors.map(({ looks }) => new Set(looks));
  expect([...(looked[0] ?? [])].filter((key) => looked[1]?.has(key))).toEqual([]);
  expect((looked[0]?.size ?? 0) + (looked[1]?.size ?? 0)).toBe(41);
  expect(auditors.flatMap(({ changed }) => changed.map(({ state }) => state))).toEqual(["confirmed"]);
});

test("the lanes of an auditor that died are the other's, with what it had told of them", async () => {
  const store = await storeWithUnroutable();
  const { auditors, renewAll } = sharingAuditors(store, 2);
  const [first, second] = auditors;
  await first?.leases.renew();
  await first?.pass();
  await second?.leases.renew();
  await second?.pass();
  expect([first?.changed.length, second?.changed.length]).toEqual([1, 0]);
  for (let renewals = 0; renewals < 6; renewals++) await renewAll(auditors.slice(1));
  await second?.pass();
  await second?.pass();
  expect(second?.auditor.owns(laneKeyOf(rabbitLane))).toBe(true);
  expect(second?.changed).toEqual([]);
});

test("an auditor that slept past its lease confirms nothing and tells nothing", async () => {
  const store = await storeWithUnroutable();
  const { auditors, renewAll } = sharingAuditors(store, 2);
  const [first, second] = auditors;
  await first?.leases.renew();
  await second?.leases.renew();
  for (let renewals = 0; renewals < 6; renewals++) await renewAll(auditors.slice(1));
  // It does not know yet: its own lease was never renewed.
  await first?.pass();
  expect(first?.changed).toEqual([]);
  await second?.pass();
  expect(second?.changed.map(({ state }) => state)).toEqual(["confirmed"]);
});

test("a store that fails between the confirmation and the finding makes the finding late, and keeps its verdict", async () => {
  const store = await storeWithUnroutable();
  let saves = 0;
  const flaky = storeWith(store, {
    // The first one announces what is about to be confirmed.
    saveFindings: (findings, auditorId) =>
      ++saves === 2 ? Promise.reject(new Error("away")) : store.saveFindings(findings, auditorId),
  });
  const { changed, failures, pass } = auditOver(flaky);
  await pass();
  expect([changed.length, failures.length]).toEqual([0, 1]);
  await pass();
  expect(changed.map(({ state, verdict, sequences }) => [state, verdict, sequences])).toEqual([
    ["confirmed", "produce.unroutable", { confirmed: [3, 7] }],
  ]);
});

test("what an auditor confirmed and could not save any more is said by the next one, with its verdict", async () => {
  const store = await storeWithUnroutable();
  let saves = 0;
  const dying = storeWith(store, {
    saveFindings: (findings) => (++saves === 1 ? store.saveFindings(findings) : Promise.reject(new Error("killed"))),
  });
  await auditOver(dying).pass();
  const next = auditOver(store);
  await next.auditor.start();
  await next.pass();
  expect(next.changed.map(({ state, verdict, sequences }) => [state, verdict, sequences])).toEqual([
    ["confirmed", "produce.unroutable", { confirmed: [3, 7] }],
  ]);
});

test("findings survive the auditor: the next one knows them and opens them no second time", async () => {
  const store = await storeWithUnroutable();
  await auditOver(store).pass();
  const next = auditOver(store);
  expect(await next.auditor.start()).toHaveLength(1);
  await next.pass();
  expect(next.changed).toEqual([]);
});

test("only lanes that changed are read again", async () => {
  const store = createMemoryStore();
  for (const lane of lanes(10)) await store.reportLedger(lane, sampleLedger({ ended: 10 }));
  const { looks, pass } = auditOver(store);
  await pass();
  await pass();
  looks.length = 0;
  await store.reportLedger({ ...kafkaLane, partition: "4" }, sampleLedger({ number: 2, assigned: 12, acked: [1, 12] }));
  const { looked } = await pass();
  expect([looked, looks]).toEqual([1, [laneKeyOf({ ...kafkaLane, partition: "4" })]]);
});

test("after a minute everything is looked at once more", async () => {
  const store = createMemoryStore();
  for (const lane of lanes(10)) await store.reportLedger(lane, sampleLedger({ ended: 10 }));
  const { pass } = auditOver(store);
  await pass();
  await pass();
  expect((await pass(60_000)).looked).toBe(10);
});

test("a lane that fails fails alone, and is tried again", async () => {
  const store = createMemoryStore();
  for (const lane of lanes(3)) await store.reportLedger(lane, sampleLedger());
  let isBroken = true;
  const broken = storeWith(store, {
    readLane: (lane) =>
      isBroken && lane.partition === "1" ? Promise.reject(new Error("broken")) : store.readLane(lane),
  });
  const { failures, looks, pass } = auditOver(broken);
  expect(await pass()).toMatchObject({ looked: 3, failed: 1 });
  expect(failures).toEqual([`lane ${laneKeyOf({ ...kafkaLane, partition: "1" })}`]);
  isBroken = false;
  looks.length = 0;
  await pass();
  expect(looks).toContain(laneKeyOf({ ...kafkaLane, partition: "1" }));
});

test("a store that cannot be read rejects the pass, and the next one goes on", async () => {
  const store = await storeWithUnroutable();
  let isAway = true;
  const flaky = storeWith(store, {
    readVersions: () => (isAway ? Promise.reject(new Error("away")) : store.readVersions()),
  });
  const { changed, pass } = auditOver(flaky);
  await expect(pass()).rejects.toThrow("away");
  isAway = false;
  await pass();
  expect(changed).toHaveLength(1);
});

test("another life of the store makes every lane due once", async () => {
  const store = createMemoryStore();
  for (const lane of lanes(5)) await store.reportLedger(lane, sampleLedger({ ended: 10 }));
  let life = "first";
  const { pass } = auditOver(storeWith(store, { readLife: async () => life }));
  await pass();
  await pass();
  life = "second";
  expect((await pass()).looked).toBe(5);
  expect((await pass()).looked).toBe(0);
});

test("a client whose number stands still is silent for the judge once its time is over", async () => {
  const store = createMemoryStore();
  await store.signClient(sampleSign());
  const { auditor, pass } = auditOver(store);
  await pass();
  expect(auditor.standings.get("client-1")).toBe("alive");
  await pass(10_000);
  expect(auditor.standings.get("client-1")).toBe("silent");
});

test("more lanes than one pass takes are finished by the next, the longest unseen first", async () => {
  const store = createMemoryStore();
  for (const lane of lanes(150)) await store.reportLedger(lane, sampleLedger({ ended: 10 }));
  const { looks, pass } = auditOver(store);
  expect(await pass()).toMatchObject({ looked: 100, hasMore: true });
  await pass(0);
  expect(new Set(looks).size).toBe(150);
});

test("a finding of a lane that the store no longer knows stays known", async () => {
  const store = createMemoryStore();
  await store.saveFindings([sampleFinding()]);
  const { auditor, pass, changed } = auditOver(store);
  expect(await auditor.start()).toHaveLength(1);
  await pass();
  expect(changed).toEqual([]);
});

test("a hurried look suspects at once what an answer left out, while a pass waits for the broker, and once in all", async () => {
  const store = createMemoryStore();
  const { promise: reading, resolve: answer } = Promise.withResolvers<undefined>();
  const reader: EvidenceReader = { system: "kafka", readLog: () => reading, close: async () => undefined };
  const { auditor, changed, pass } = auditOver(store, reader);
  await store.reportLedger(kafkaLane, sampleLedger({ acked: [1, 8], omitted: [] }));
  const slow = pass();
  const omitted = sampleLedger({ number: 2, nonce: "later", acked: [1, 8], omitted: [9, 10] });
  await store.reportLedger(kafkaLane, { ...omitted, buildsOn: sampleLedger().nonce });
  const states = () => changed.map(({ state, sequences }) => [state, sequences]);
  await expect
    .poll(async () => {
      await auditor.hurry(kafkaLane);
      return states();
    })
    .toEqual([["suspected", { suspected: [9, 10] }]]);
  answer(undefined);
  await slow;
  await pass();
  await auditor.hurry(kafkaLane);
  expect(states()).toEqual([["suspected", { suspected: [9, 10] }]]);
});
