import { createClient } from "@seqwatch/client";
import {
  BatchAccount,
  contains,
  type Finding,
  formatStamp,
  type GroupRecord,
  LaneTestimony,
  laneHashOf,
  type Notice,
  type RangeSet,
  SendRun,
  StampReader,
  StreamLedger,
  stampHeader,
} from "@seqwatch/core";
import { afterEach, expect, test, vi } from "vitest";
import { createFakeHost } from "../../client/test/fake-host.ts";
import { createFakeCluster } from "../test/fake-cluster.ts";
import { FakeConsumer } from "../test/fake-consumer.ts";
import { Members } from "./members.ts";
import type { ReceivedMessage } from "./port.ts";
import { watchKafka } from "./watch-kafka.ts";
import { WatchedConsumer } from "./watched-consumer.ts";

/* What a bug of ours may do to the user and to the verdicts: nothing. Bugs are put into the real code, one at a time. */

const lane = { system: "kafka", cluster: "fake-cluster", destination: "orders", partition: "0" } as const;

afterEach(() => void vi.restoreAllMocks());

function bug(): never {
  throw new TypeError("a bug of ours");
}

/** Without a store: the audit runs inside, over the same facts. */
async function setUp() {
  const host = createFakeHost();
  const findings: Finding[] = [];
  const notices: Notice[] = [];
  const observer = {
    finding: (finding: Finding) => void findings.push(finding),
    notice: (notice: Notice) => void notices.push(notice),
  };
  const client = createClient({ service: "test", host, observer, cluster: lane.cluster });
  const fake = createFakeCluster();
  fake.partitionCount = 1;
  const producer = watchKafka(fake.kafka, { client }).producer();
  await producer.connect();
  const consumer = new FakeConsumer();
  const members = new Members(client);
  const surroundings = { client, members, cluster: undefined, groupId: "billing", onDuplicate: "run" } as const;
  const watched = new WatchedConsumer(consumer, { ...surroundings, maxDisorder: Number.POSITIVE_INFINITY });
  expect(watched.consumer).toBe(consumer);
  const handled: string[] = [];
  await consumer.run({ eachMessage: ({ message }) => void handled.push(message.offset) });
  consumer.join("orders", [0]);
  const send = async (count = 1) =>
    await producer.send({ topic: "orders", messages: Array.from({ length: count }, () => ({ value: "v" })) });
  const record = () => client.store.readLane(lane);
  const told = () => notices.flatMap((notice) => (notice.kind === "warning" ? [notice.code] : []));
  const sent = () => fake.produced.flatMap(({ records }) => records);
  /** Everything that anybody could be alarmed by. */
  const alarms = () => findings.filter(({ state }) => ["suspected", "confirmed", "not-sent"].includes(state));
  return { host, client, consumer, handled, send, sent, record, told, alarms };
}

const foreignStream = { producerId: "AAAAAAAAAAA", laneHash: laneHashOf(lane) };

function messagesAt(first: number, count: number): readonly ReceivedMessage[] {
  return Array.from({ length: count }, (_, at) => ({
    offset: String(first + at),
    headers: { [stampHeader]: Buffer.from(formatStamp({ ...foreignStream, sequence: first + at + 1 })) },
  }));
}

/** Every place at which the producer's side goes through our code. */
const producerBugs: readonly (readonly [string, () => unknown])[] = [
  ["opening a run", () => vi.spyOn(StreamLedger.prototype, "openRun").mockImplementation(bug)],
  ["giving out a sequence", () => vi.spyOn(SendRun.prototype, "next").mockImplementation(bug)],
  ["booking an ack", () => vi.spyOn(StreamLedger.prototype, "bookAcked").mockImplementation(bug)],
  ["placing an ack", () => vi.spyOn(StreamLedger.prototype, "bound").mockImplementation(bug)],
];

test.for(producerBugs)(
  "a producer with a bug at %s sends all the same, goes off by itself, and nothing is found",
  async ([, plant]) => {
    const { host, client, send, sent, record, told, alarms } = await setUp();
    await send(3);
    await host.pass(2_000);
    const planted = plant();
    for (let at = 0; at < 30; at += 1) expect(await send()).toMatchObject([{ topicName: "orders", partition: 0 }]);
    expect(sent()).toHaveLength(33);
    expect(client.isOffByItself).toBe(true);
    expect(told()).toEqual(["OFF_BY_ITSELF"]);
    const stamped = sent().filter(({ headers }) => headers.length > 0).length;
    expect(stamped).toBeLessThanOrEqual(13);
    expect(planted).toHaveBeenCalled();
    vi.restoreAllMocks();
    await host.pass(200_000);
    const [ledger] = (await record()).ledgers.values();
    expect(ledger?.ended).toBe(ledger?.assigned);
    expect(alarms()).toEqual([]);
    client.setRecording(true);
    await send();
    expect(
      sent()
        .at(-1)
        ?.headers.map(([name]) => name),
    ).toEqual([stampHeader]);
  },
);

test("without the distrust of its ledger the same bug would be taken for messages that were never sent", async () => {
  const { host, send, alarms } = await setUp();
  vi.spyOn(StreamLedger.prototype, "distrust").mockImplementation(() => {});
  const planted = vi.spyOn(StreamLedger.prototype, "bookAcked").mockImplementation(bug);
  for (let at = 0; at < 9; at += 1) await send();
  planted.mockRestore();
  await host.pass(200_000);
  expect(alarms().map(({ state }) => state)).toContain("not-sent");
});

/** Of the only stream, which has no ledger; each offset carries the sequence one above it. */
function sequencesOf(group: GroupRecord | undefined): RangeSet | undefined {
  return [...(group?.receipts.values() ?? [])][0]?.ahead;
}

const consumerBugs: readonly (readonly [string, () => unknown])[] = [
  ["reading a stamp", () => vi.spyOn(StampReader.prototype, "read").mockImplementation(bug)],
  ["booking a message", () => vi.spyOn(BatchAccount.prototype, "processed").mockImplementation(bug)],
  ["half of booking a message", () => vi.spyOn(LaneTestimony.prototype, "bookProcessed").mockImplementation(bug)],
  ["opening a batch", () => vi.spyOn(LaneTestimony.prototype, "openBatch").mockImplementation(bug)],
  ["closing a batch", () => vi.spyOn(BatchAccount.prototype, "close").mockImplementation(bug)],
  ["booking a commit", () => vi.spyOn(LaneTestimony.prototype, "committed").mockImplementation(bug)],
];

test.for(consumerBugs)(
  "a consumer with a bug at %s handles all the same, goes off by itself, and testifies nothing",
  async ([, plant]) => {
    const { host, client, consumer, handled, record, told, alarms } = await setUp();
    await consumer.deliver("orders", 0, messagesAt(0, 5));
    await host.pass(2_000);
    plant();
    for (let at = 0; at < 15; at += 1) await consumer.deliver("orders", 0, messagesAt(5 + 2 * at, 2));
    expect(handled).toHaveLength(35);
    expect(client.isOffByItself).toBe(true);
    expect(told()).toEqual(["OFF_BY_ITSELF"]);
    vi.restoreAllMocks();
    await host.pass(200_000);
    const group = (await record()).groups.get("billing");
    expect(group?.done.get(0)).toMatchObject({ givenUp: [], jumped: [] });
    expect(sequencesOf(group)).toEqual(group?.done.get(0)?.handled.map((offset) => offset + 1));
    expect([...(group?.members.values() ?? [])]).toMatchObject([{ claim: { state: "off" } }]);
    expect(alarms()).toEqual([]);
    client.setRecording(true);
    await consumer.deliver("orders", 0, messagesAt(35, 5));
    await host.pass(2_000);
    const after = (await record()).groups.get("billing");
    expect(contains(after?.done.get(0)?.handled ?? [], 35)).toBe(true);
    // Somebody may have worked unheard below: what a later member leaves there proves nothing.
    expect(after?.doubtTo).toBeGreaterThanOrEqual(35);
  },
);

test("a bug that shows at one message alone leaves a hole there, and never an offset without its message", async () => {
  const { host, client, consumer, record } = await setUp();
  await consumer.deliver("orders", 0, messagesAt(0, 5));
  await host.pass(2_000);
  vi.spyOn(BatchAccount.prototype, "processed").mockImplementationOnce(bug);
  await consumer.deliver("orders", 0, messagesAt(5, 5));
  await consumer.deliver("orders", 0, messagesAt(10, 5));
  await host.pass(2_000);
  expect(client.isOffByItself).toBe(false);
  const group = (await record()).groups.get("billing");
  expect(group?.done.get(0)).toMatchObject({ handled: [0, 4, 10, 14], givenUp: [], jumped: [] });
});
