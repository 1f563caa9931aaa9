import { expect, test } from "vitest";
import { factsOf } from "./finding-facts.ts";
import type { PassResult } from "./findings.ts";
import type { GroupOffsets, GroupRecord, LaneRecord } from "./lane-record.ts";
import type { LedgerReport } from "./ledger-report.ts";
import type { KafkaReading } from "./reading.ts";
import { emptyGroup, emptyReceipts, noTotals } from "./stored-lane.ts";

const producerId = "AAAAAAAAAAA";

const ledger: LedgerReport = {
  producerId,
  clientId: "client-1",
  number: 14,
  nonce: "n",
  buildsOn: "",
  assigned: 120,
  ended: 0,
  confirms: true,
  acked: [1, 120],
  omitted: [],
  uncertain: [],
  told: [],
  returned: [],
  voided: [],
  retried: [],
  chunks: [{ first: 1, last: 120, low: 100, high: 219, exact: true, era: 0 }],
  brackets: [],
  floor: 0,
  unauditedCount: 0,
  references: [],
};

const done: GroupOffsets = {
  handled: [0, 103, 106, 219],
  givenUp: [104, 105],
  jumped: [],
  unstamped: [],
  foreign: [],
  epochs: [],
};

const billing: GroupRecord = {
  ...emptyGroup,
  done: new Map([[0, done]]),
  members: new Map([
    [
      "client-2",
      {
        clientId: "client-2",
        number: 3,
        nonce: "m",
        claim: { state: "open", inWork: undefined, committed: 220 },
        totals: noTotals,
        highest: new Map(),
      },
    ],
  ]),
  receipts: new Map([[producerId, { ...emptyReceipts, processed: [1, 4, 7, 120] }]]),
};

const reading: KafkaReading = {
  kind: "kafka",
  beganAtMs: 4_900,
  endedAtMs: 4_990,
  leader: 2,
  logStart: 0,
  logEnd: 220,
  highWatermark: 220,
  lastStableOffset: 220,
  compacted: false,
  extracts: [],
  groups: new Map([["billing", { committed: 220, isEmpty: false, watchedClients: new Map(), foreignMemberCount: 1 }]]),
};

function passOf(change: Partial<PassResult> & { readonly record?: Partial<LaneRecord> }): PassResult {
  const { record, ...rest } = change;
  const snapshot: LaneRecord = {
    version: 1,
    era: 0,
    cut: undefined,
    ledgers: new Map(),
    verdicts: new Map(),
    groups: new Map(),
    ...record,
  };
  return {
    lane: { system: "kafka", cluster: "c", destination: "orders", partition: "0" },
    snapshot,
    gaps: [],
    confirmed: [],
    withdrawn: [],
    instances: new Map([
      ["client-1", { clientId: "client-1", service: "orders-api", instance: "host-1:7", pid: 7 }],
      ["client-2", { clientId: "client-2", service: "billing", instance: "host-2:9", pid: 9 }],
    ]),
    clients: new Map([["client-2", "alive"]]),
    stamps: [],
    wallMs: 1_800_000_000_000,
    nowMs: 5_000,
    ...rest,
  };
}

test("the facts of what a group gave up say where it lay, what the group did there, who it is and what the broker showed", () => {
  const pass = passOf({
    record: { ledgers: new Map([[producerId, ledger]]), groups: new Map([["billing", billing]]) },
    reading,
  });
  const facts = factsOf({ producerId, group: "billing", sequences: [5, 6], offsets: { low: 104, high: 105 } }, pass);
  expect(facts).toEqual([
    "orders-api (host-1:7) had given out sequences 1-120 by its report 14, and goes on.",
    "Acknowledged at offsets 104-105: sequences 5-6.",
    "billing processed 118 messages of the stream and received none of these.",
    "billing has finished offsets up to 219.",
    "Where it could be, billing left offsets 104-105 when a handler was over.",
    "billing (host-2:9) is alive; its own last commit is 220.",
    "Read at 2027-01-15T07:59:59.990Z from leader 2: log start 0, its own end 220, high watermark 220, last stable offset 220; cleanup policy delete.",
    "At the broker billing has committed 220 and has members, 1 of them not instrumented.",
  ]);
});

test("of what an answer left out they say which offsets remain, and of what was refused why", () => {
  const omitted: LedgerReport = {
    ...ledger,
    acked: [1, 4, 8, 120],
    omitted: [5, 6],
    voided: [{ reason: "too-large", sequences: [7, 7] }],
  };
  const pass = passOf({ record: { ledgers: new Map([[producerId, omitted]]) } });
  const facts = (sequences: readonly number[], offsets?: { low: number; high: number }) =>
    factsOf({ producerId, group: undefined, sequences, offsets }, pass).slice(1);
  expect(facts([5, 6], { low: 104, high: 105 })).toEqual([
    "Left out of the answer to a send that resolved: sequences 5-6.",
    "What was acknowledged before and after leaves only offsets 104-105 for it.",
    "The broker was not read in this pass.",
  ]);
  expect(facts([5, 6], { low: 104, high: Number.POSITIVE_INFINITY })[1]).toBe(
    "It can only lie at offset 104 or above: nothing acknowledged later bounds it yet.",
  );
  expect(facts([7, 7])[0]).toBe("Not stored, by the producer's account: sequence 7 (too large).");
});

test("a stream torn into many pieces is said in its first ones", () => {
  const torn = Array.from({ length: 40 }, (_, index) => [2 * index + 1, 2 * index + 1]).flat();
  const pass = passOf({
    record: { ledgers: new Map([[producerId, { ...ledger, acked: [], chunks: [], uncertain: torn }]]) },
  });
  expect(factsOf({ producerId, group: undefined, sequences: torn, offsets: undefined }, pass)[1]).toBe(
    "Rejected, or never answered: sequences 1,3,5,7,9,11,13,15 and 32 more ranges.",
  );
});
