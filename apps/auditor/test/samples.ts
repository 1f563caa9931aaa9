import {
  type ClientSign,
  createMemoryStore,
  emptyRanges,
  type Finding,
  type Lane,
  type LedgerReport,
  type Store,
  type TestimonyReport,
} from "@seqwatch/core";

export const kafkaLane: Lane = { system: "kafka", cluster: "main", destination: "orders", partition: "0" };
export const rabbitLane: Lane = { system: "rabbitmq", cluster: "main//", destination: "orders", partition: "eu" };

/** A first report of a producer that sent ten messages, all acknowledged; a test says what went otherwise. */
export function sampleLedger(change: Partial<LedgerReport> = {}): LedgerReport {
  return {
    producerId: "abcdefghijk",
    clientId: "client-1",
    number: 1,
    nonce: "nonce-1",
    buildsOn: "",
    assigned: 10,
    ended: 0,
    confirms: true,
    acked: [1, 10],
    omitted: emptyRanges,
    uncertain: emptyRanges,
    told: emptyRanges,
    returned: emptyRanges,
    voided: [],
    retried: emptyRanges,
    chunks: [],
    brackets: [],
    floor: 0,
    unauditedCount: 0,
    references: [],
    ...change,
  };
}

export function sampleSign(change: Partial<ClientSign> = {}): ClientSign {
  return {
    clientId: "client-1",
    number: 1,
    service: "orders-api",
    instance: "host-1",
    pid: 1,
    version: "0.1.0",
    system: "kafka",
    state: "open",
    roles: ["abcdefghijk"],
    reportErrorCount: 0,
    droppedReportCount: 0,
    ...change,
  };
}

export function sampleFinding(change: Partial<Finding> = {}): Finding {
  return {
    id: "kafka/main/orders/0#abcdefghijk#billing#5.1",
    lane: kafkaLane,
    producerId: "abcdefghijk",
    group: "billing",
    state: "confirmed",
    verdict: "store.missing",
    cause: undefined,
    sequences: { confirmed: [5, 6, 9, 9] },
    offsets: { low: 104, high: 108 },
    decidedBy: "The group finished every offset at which they could lie.",
    references: ["order-5"],
    producer: { clientId: "client-1", service: "orders-api" },
    neighbours: [
      {
        sequence: 4,
        offset: 103,
        timestampMs: 1_000_000,
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      },
    ],
    openedAtMs: 1_003_000,
    changedAtMs: 1_006_000,
    history: [
      { state: "suspected", atMs: 1_003_000 },
      { state: "confirmed", atMs: 1_006_000 },
    ],
    ...change,
  };
}

/** A store in which five of ten RabbitMQ messages came back as unroutable: a loss that needs no broker to be proved. */
export async function storeWithUnroutable(): Promise<Store> {
  const store = createMemoryStore();
  await store.reportLedger(rabbitLane, sampleLedger({ returned: [3, 7] }));
  return store;
}

/** A member of a group that says no more than its totals. */
export function sampleTestimony(totals: Partial<TestimonyReport["totals"]>): TestimonyReport {
  return {
    group: "billing",
    clientId: "client-2",
    number: 1,
    nonce: "nonce-1",
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
    totals: { received: 0, processed: 0, redelivered: 0, unstamped: 0, forwarded: 0, skipped: 0, ...totals },
  };
}
