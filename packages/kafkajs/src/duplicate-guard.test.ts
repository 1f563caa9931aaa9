import { Chain, type ChainAuthor, createClient } from "@seqwatch/client";
import {
  createMemoryStore,
  LaneTestimony,
  type LedgerReport,
  laneHashOf,
  originHeader,
  type Store,
  type TestimonyReport,
} from "@seqwatch/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { type Candidate, DuplicateGuard } from "./duplicate-guard.ts";
import type { Member } from "./members.ts";

const lane = { system: "kafka", cluster: "c", destination: "orders", partition: "0" } as const;
const producerId = "AAAAAAAAAAA";

/** Nothing is reported here. */
const idleAuthor: ChainAuthor<TestimonyReport> = {
  hasNews: () => false,
  next: () => {
    throw new Error("There is no news.");
  },
  send: () => Promise.reject(new Error("There is no store.")),
  accept: () => {},
};

function guardOn(store: Store): { readonly guard: DuplicateGuard; readonly testimony: LaneTestimony } {
  const client = createClient({ service: "test", store, observer: { finding: () => {}, notice: () => {} } });
  onTestFinished(() => client.close());
  const testimony = new LaneTestimony(lane, "billing", client.clientId);
  const chain = new Chain(idleAuthor, () => "nonce");
  const parts = { owner: undefined, workingOffset: -1, failedTries: 0 };
  const member: Member = { lane, laneHash: laneHashOf(lane), testimony, chain, ...parts };
  const guard = new DuplicateGuard(client, member);
  return { guard, testimony };
}

/** Sequence 5 at an offset. */
function at(offset: number, changes: Partial<Candidate["message"]> = {}): Candidate {
  const message = { offset: `${offset}`, key: null, value: Buffer.from("1 lamp"), headers: {}, ...changes };
  return { message, offset, producerId, sequence: 5 };
}

const report: TestimonyReport = {
  group: "billing",
  clientId: "member-1",
  number: 1,
  nonce: "one",
  buildsOn: "",
  era: 0,
  whole: false,
  replay: false,
  handled: [0, 9],
  givenUp: [],
  jumped: [],
  epochs: [],
  streams: [{ producerId, processed: [1, 10], twice: [], givenUp: [], jumped: [], copies: [], late: [] }],
  unstamped: [],
  foreign: [],
  claim: { state: "closed", inWork: undefined, committed: 2 },
  entered: undefined,
  totals: { received: 10, processed: 10, redelivered: 0, unstamped: 0, forwarded: 0, skipped: 0 },
};

function ledger(changes: Partial<LedgerReport>): LedgerReport {
  const known = { assigned: 20, ended: 0, confirms: true, acked: [1, 20], omitted: [], uncertain: [], told: [] };
  const rest = { returned: [], voided: [], retried: [], brackets: [], floor: 0, unauditedCount: 0, references: [] };
  const chunks = [{ first: 1, last: 20, low: 4, high: 23, exact: true, era: 0 }];
  const link = { number: 1, nonce: "ledger", buildsOn: "" };
  return { producerId, clientId: "orders-api", ...link, ...known, ...rest, chunks, ...changes };
}

async function storeWith(changes: Partial<TestimonyReport> = {}): Promise<Store> {
  const store = createMemoryStore();
  await store.reportTestimony(lane, { ...report, ...changes });
  return store;
}

test("what another member processed before it died is skipped, and nothing that it had not", async () => {
  const { guard } = guardOn(await storeWith({ handled: [0, 3, 5, 9] }));
  guard.entered();
  expect(await guard.mustSkip(at(5))).toBe(true);
  expect(await guard.mustSkip(at(4))).toBe(false);
  expect(await guard.mustSkip({ ...at(5), sequence: 11 })).toBe(false);
  expect(await guard.mustSkip({ ...at(5), producerId: "BBBBBBBBBBB" })).toBe(false);
});

test("what the group had committed and is read anew is a replay, and is never skipped", async () => {
  const { guard } = guardOn(await storeWith({ claim: { ...report.claim, committed: 6 } }));
  guard.entered();
  expect(await guard.mustSkip(at(5))).toBe(false);
  expect(await guard.mustSkip(at(6))).toBe(true);
});

test("what lies below where an assignment began, or below a commit of our own, is never skipped", async () => {
  const { guard } = guardOn(await storeWith());
  guard.entered();
  guard.fetchedFrom(4);
  expect([await guard.mustSkip(at(3)), await guard.mustSkip(at(4))]).toEqual([false, true]);
  guard.committed(8);
  expect([await guard.mustSkip(at(7)), await guard.mustSkip(at(8))]).toEqual([false, true]);
});

test("a record that this process has processed is skipped without a store", async () => {
  const store = createMemoryStore();
  vi.spyOn(store, "readLane").mockRejectedValue(new Error("The store is away."));
  const { guard } = guardOn(store);
  guard.entered();
  guard.processed(at(5));
  expect(await guard.mustSkip(at(5))).toBe(true);
  expect(await guard.mustSkip(at(6))).toBe(false);
});

test("a store that does not answer is waited for a second, then the handler runs", { timeout: 5_000 }, async () => {
  const store = await storeWith();
  vi.spyOn(store, "readLane").mockReturnValue(new Promise(() => {})); // never settles: this store is frozen
  const { guard } = guardOn(store);
  const beganAtMs = performance.now();
  guard.entered();
  expect(await guard.mustSkip(at(5))).toBe(false);
  expect(performance.now() - beganAtMs).toBeGreaterThan(900);
  expect(performance.now() - beganAtMs).toBeLessThan(3_000);
});

test("after a sign of a clone or of a store that forgot nothing is skipped", async () => {
  for (const sign of [{ kind: "clone" }, { kind: "send-all", era: 0 }] as const) {
    const { guard, testimony } = guardOn(await storeWith());
    guard.entered();
    expect(await guard.mustSkip(at(5))).toBe(true);
    testimony.accept(sign);
    expect(await guard.mustSkip(at(5))).toBe(false);
  }
});

test.each([originHeader, "x-death", "kafka_dlt-original-topic", "__connect.errors.topic", "dlq.reason"])(
  "a message with the header %s was forwarded or dead-lettered, and is never skipped",
  async (name) => {
    const { guard } = guardOn(await storeWith());
    guard.entered();
    expect(await guard.mustSkip(at(5, { headers: { [name]: "x" } }))).toBe(false);
  },
);

test("the second copy of a message that its producer retried is skipped", async () => {
  const store = createMemoryStore();
  await store.reportLedger(lane, ledger({ retried: [5, 5] }));
  const { guard } = guardOn(store);
  guard.entered();
  guard.processed(at(3));
  expect(await guard.mustSkip(at(8))).toBe(true);
});

test("the ledger that tells of the retry is waited for", async () => {
  const store = createMemoryStore();
  const { guard } = guardOn(store);
  guard.entered();
  guard.processed(at(3));
  const skips = guard.mustSkip(at(8));
  await store.reportLedger(lane, ledger({ retried: [5, 5] }));
  expect(await skips).toBe(true);
});

test.each<readonly [string, Partial<LedgerReport>, number, Partial<Candidate["message"]>]>([
  ["its producer never retried: somebody else copied it, or the first one was forged", {}, 8, {}],
  ["it lies above the one that its producer was told of: somebody sent it back", { retried: [5, 5] }, 9, {}],
  ["its content is another: one of the two is forged", { retried: [5, 5] }, 8, { value: Buffer.from("2 lamps") }],
  ["its producer does not know yet what became of it", { retried: [5, 5], acked: [] }, 8, {}],
])("a copy is not skipped when %s", async (_, changes, offset, message) => {
  const store = createMemoryStore();
  await store.reportLedger(lane, ledger(changes));
  const { guard } = guardOn(store);
  guard.entered();
  guard.processed(at(3));
  expect(await guard.mustSkip(at(offset, message))).toBe(false);
});
