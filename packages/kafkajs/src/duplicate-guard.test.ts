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
import { expect, onTestFinished, test } from "vitest";
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

test("what comes again after a rebalance is skipped by the member that has processed it, and by no other", async () => {
  for (const isContinued of [true, false]) {
    const { guard } = guardOn(createMemoryStore());
    guard.entered(false);
    expect(await guard.mustSkip(at(5))).toBe(false);
    guard.processed(at(5));
    guard.entered(isContinued);
    expect(await guard.mustSkip(at(5))).toBe(isContinued);
    expect(await guard.mustSkip(at(6))).toBe(false);
  }
});

test("what others are known to have processed is not skipped: nobody knows what the dead had committed", async () => {
  const { guard } = guardOn(await storeWith({ claim: { state: "open", inWork: undefined, committed: undefined } }));
  guard.entered(false);
  expect(await guard.mustSkip(at(4))).toBe(false);
});

test("what the application goes back for within an assignment is not skipped, nor what it goes back for then", async () => {
  const { guard } = guardOn(createMemoryStore());
  guard.entered(false);
  for (const offset of [4, 5, 6]) {
    expect(await guard.mustSkip({ ...at(offset), sequence: offset })).toBe(false);
    guard.processed({ ...at(offset), sequence: offset });
  }
  for (const offset of [4, 5]) {
    expect(await guard.mustSkip({ ...at(offset), sequence: offset })).toBe(false);
    guard.processed({ ...at(offset), sequence: offset });
  }
  guard.entered(true);
  for (const offset of [5, 6]) expect(await guard.mustSkip({ ...at(offset), sequence: offset })).toBe(false);
});

test("what was processed when the application went back is not skipped though a rebalance came first", async () => {
  const { guard } = guardOn(createMemoryStore());
  guard.entered(false);
  guard.forget();
  expect(await guard.mustSkip(at(5))).toBe(false);
  guard.processed(at(5)); // the rest of the batch that was at work
  guard.entered(true);
  expect(await guard.mustSkip(at(5))).toBe(false);
});

test("what lies below a commit of our own is never skipped, and a commit that goes back is a wish to work it again", async () => {
  const skipsAfter = async (...commits: readonly number[]) => {
    const { guard } = guardOn(createMemoryStore());
    guard.entered(false);
    await guard.mustSkip(at(5));
    guard.processed(at(5));
    for (const commit of commits) guard.committing(commit);
    guard.entered(true);
    return await guard.mustSkip(at(5));
  };
  expect([await skipsAfter(5), await skipsAfter(6), await skipsAfter(5, 4)]).toEqual([true, false, false]);
});

test("after a sign of a clone or of a store that forgot nothing is skipped", async () => {
  for (const sign of [{ kind: "clone" }, { kind: "send-all", era: 0 }] as const) {
    const { guard, testimony } = guardOn(createMemoryStore());
    guard.entered(false);
    guard.processed(at(5));
    expect(await guard.mustSkip(at(5))).toBe(true);
    testimony.accept(sign);
    guard.entered(true);
    expect(await guard.mustSkip(at(5))).toBe(false);
  }
});

test.each([originHeader, "x-death", "kafka_dlt-original-topic", "__connect.errors.topic", "dlq.reason"])(
  "a message with the header %s was forwarded or dead-lettered, and is never skipped",
  async (name) => {
    const { guard } = guardOn(createMemoryStore());
    guard.entered(false);
    guard.processed(at(5));
    expect(await guard.mustSkip(at(5, { headers: { [name]: "x" } }))).toBe(false);
  },
);

test("the second copy of a message that its producer retried is skipped", async () => {
  const store = createMemoryStore();
  await store.reportLedger(lane, ledger({ retried: [5, 5] }));
  const { guard } = guardOn(store);
  guard.entered(false);
  guard.processed(at(3));
  expect(await guard.mustSkip(at(8))).toBe(true);
});

test("the ledger that tells of the retry is waited for", async () => {
  const store = createMemoryStore();
  const { guard } = guardOn(store);
  guard.entered(false);
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
  guard.entered(false);
  guard.processed(at(3));
  expect(await guard.mustSkip(at(offset, message))).toBe(false);
});
