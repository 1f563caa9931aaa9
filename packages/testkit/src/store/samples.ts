import type {
  Confirmation,
  DeliveryReport,
  Finding,
  Lane,
  LaneRecord,
  LedgerReport,
  Receipts,
  Store,
  StreamDeliveries,
  StreamTestimony,
  TestimonyReport,
} from "@seqwatch/core";

export const kafkaLane: Lane = { system: "kafka", cluster: "main", destination: "orders", partition: "0" };
export const rabbitLane: Lane = { system: "rabbitmq", cluster: "main", destination: "orders", partition: "new" };

/** A stream of which 1 to 100 were sent and acked. */
export function ledger(changes: Partial<LedgerReport> = {}): LedgerReport {
  return {
    producerId: "producer-01",
    clientId: "client-orders",
    number: 1,
    nonce: "ledger-1",
    buildsOn: "",
    assigned: 100,
    ended: 0,
    confirms: true,
    acked: [1, 100],
    omitted: [],
    uncertain: [],
    told: [],
    returned: [],
    voided: [],
    retried: [],
    chunks: [],
    brackets: [],
    floor: 0,
    unauditedCount: 0,
    references: [],
    ...changes,
  };
}

/** The first report of a member that has nothing to say. */
export function testimony(changes: Partial<TestimonyReport> = {}): TestimonyReport {
  return {
    group: "billing",
    clientId: "member-1",
    number: 1,
    nonce: "testimony-1",
    buildsOn: "",
    era: 0,
    whole: false,
    replay: false,
    handled: [],
    givenUp: [],
    jumped: [],
    epochs: [],
    streams: [],
    unstamped: [],
    foreign: [],
    claim: { state: "open", inWork: undefined, committed: undefined },
    entered: undefined,
    totals: { received: 0, processed: 0, redelivered: 0, unstamped: 0, forwarded: 0, skipped: 0 },
    ...changes,
  };
}

export function streamTestimony(changes: Partial<StreamTestimony> = {}): StreamTestimony {
  return {
    producerId: "producer-01",
    processed: [],
    twice: [],
    givenUp: [],
    jumped: [],
    copies: [],
    late: [],
    ...changes,
  };
}

/** The first report of a consumer that has nothing to say. */
export function deliveries(changes: Partial<DeliveryReport> = {}): DeliveryReport {
  return {
    queue: "billing",
    consumerId: "consumer-1",
    clientId: "client-billing",
    number: 1,
    nonce: "deliveries-1",
    buildsOn: "",
    whole: false,
    streams: [],
    highest: [],
    state: "open",
    totals: { received: 0, processed: 0, redelivered: 0, unstamped: 0, forwarded: 0, skipped: 0 },
    ...changes,
  };
}

export function streamDeliveries(changes: Partial<StreamDeliveries> = {}): StreamDeliveries {
  return { producerId: "producer-01", received: [], fresh: [], twice: [], processed: [], rejected: [], ...changes };
}

export function confirmation(changes: Partial<Confirmation> = {}): Confirmation {
  return {
    producerId: "producer-01",
    group: "billing",
    sequences: [7, 7],
    era: 0,
    leftBehindFrom: undefined,
    ...changes,
  };
}

export function finding(changes: Partial<Finding> = {}): Finding {
  return {
    id: "finding-1",
    lane: kafkaLane,
    producerId: "producer-01",
    group: "billing",
    state: "confirmed",
    verdict: "store.missing",
    cause: undefined,
    sequences: { confirmed: [7, 7] },
    offsets: { low: 7, high: 7 },
    decidedBy: "Every offset was finished without it.",
    references: [],
    producer: undefined,
    neighbours: [{ sequence: 6, offset: 6, timestampMs: undefined, traceparent: undefined }],
    openedAtMs: 1_000,
    changedAtMs: 2_000,
    history: [{ state: "confirmed", atMs: 2_000 }],
    ...changes,
  };
}

/** The report after another one of the same author, as its author would send it. */
export function following<T extends { readonly number: number; readonly nonce: string; readonly buildsOn: string }>(
  report: T,
  changes: Partial<T> = {},
): T {
  const number = report.number + 1;
  return { ...report, number, nonce: `nonce-${number}`, buildsOn: report.nonce, ...changes };
}

export const stored = { kind: "stored", era: 0, asked: [], settledTo: 0 } as const;

/** The receipts of the sample stream in the sample group. */
export async function receiptsIn(store: Store, lane: Lane, group = "billing"): Promise<Receipts | undefined> {
  return (await store.readLane(lane)).groups.get(group)?.receipts.get("producer-01");
}

/** A record without its version, to compare what different ways of writing made of it. */
export function factsOf({ era, cut, ledgers, verdicts, groups }: LaneRecord): Omit<LaneRecord, "version"> {
  return { era, cut, ledgers, verdicts, groups };
}
