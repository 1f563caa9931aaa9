import { createClient } from "@seqwatch/client";
import { type Finding, LaneDeliveries, type Notice, StampReader, StreamLedger, Unsettled } from "@seqwatch/core";
import { afterEach, expect, test, vi } from "vitest";
import { FakeConnection, FakeHost, laneOf } from "../test/fakes.ts";
import { Confirms } from "./confirms.ts";
import { QueueConsumer } from "./queue-consumer.ts";
import { createAmqpWatch } from "./watch-amqp.ts";

/* What a bug of ours may do to the user and to the verdicts: nothing. Bugs are put into the real code, one at a time. */

afterEach(() => void vi.restoreAllMocks());

function bug(): never {
  throw new TypeError("a bug of ours");
}

/** Without a store: the audit runs inside, over the same facts. */
async function setUp() {
  const host = new FakeHost();
  const findings: Finding[] = [];
  const notices: Notice[] = [];
  const observer = {
    finding: (finding: Finding) => void findings.push(finding),
    notice: (notice: Notice) => void notices.push(notice),
  };
  const client = createClient({ service: "tests", host, observer, cluster: "shop" });
  const watch = createAmqpWatch({ client, vhost: "/" });
  const channel = await watch.connection(new FakeConnection()).createConfirmChannel();
  const handled: unknown[] = [];
  await channel.consume("queue", (message) => void handled.push(message));
  await host.pass(1_000);
  const publish = () => channel.publish("orders", "created", Buffer.from("v"));
  const confirm = () => channel.emit("ack", { deliveryTag: channel.published.length, multiple: false });
  const told = () => notices.flatMap((notice) => (notice.kind === "warning" ? [notice.code] : []));
  const alarms = () => findings.filter(({ state }) => ["suspected", "confirmed", "not-sent"].includes(state));
  const record = () => client.store.readLane(laneOf("orders", "created"));
  const queue = () => client.store.readQueue("shop//", "queue");
  return { host, client, channel, handled, publish, confirm, told, alarms, record, queue };
}

const publisherBugs: readonly (readonly [string, () => unknown])[] = [
  ["giving out a sequence", () => vi.spyOn(StreamLedger.prototype, "take").mockImplementation(bug)],
  ["booking a publish", () => vi.spyOn(Confirms.prototype, "hold").mockImplementation(bug)],
  ["booking a confirm", () => vi.spyOn(StreamLedger.prototype, "bookAcked").mockImplementation(bug)],
  ["hearing a confirm", () => vi.spyOn(Confirms.prototype, "answered").mockImplementation(bug)],
];

test.for(publisherBugs)(
  "a publisher with a bug at %s publishes all the same, goes off by itself, and nothing is found",
  async ([, plant]) => {
    const { host, client, channel, publish, confirm, told, alarms, record } = await setUp();
    publish();
    confirm();
    await host.pass(2_000);
    plant();
    for (let at = 0; at < 30; at += 1) {
      expect(publish()).toBe(true);
      confirm();
    }
    expect(channel.published).toHaveLength(31);
    expect(client.isOffByItself).toBe(true);
    expect(told()).toEqual(["OFF_BY_ITSELF"]);
    expect(channel.published.filter(({ options }) => options?.headers?.["seqwatch"] !== undefined).length).toBeLessThan(
      13,
    );
    vi.restoreAllMocks();
    await host.pass(200_000);
    const [ledger] = (await record()).ledgers.values();
    expect(ledger?.ended).toBe(ledger?.assigned);
    expect(alarms()).toEqual([]);
    client.setRecording(true);
    publish();
    expect(channel.published.at(-1)?.options?.headers).toHaveProperty("seqwatch");
  },
);

const consumerBugs: readonly (readonly [string, () => unknown])[] = [
  ["reading a stamp", () => vi.spyOn(StampReader.prototype, "read").mockImplementation(bug)],
  ["accounting for a delivery", () => vi.spyOn(QueueConsumer.prototype, "deliver").mockImplementation(bug)],
  ["half of booking a delivery", () => vi.spyOn(LaneDeliveries.prototype, "received").mockImplementation(bug)],
  ["booking a settlement", () => vi.spyOn(Unsettled.prototype, "settle").mockImplementation(bug)],
];

test.for(consumerBugs)(
  "a consumer with a bug at %s handles all the same, goes off by itself, and its queue is in doubt",
  async ([, plant]) => {
    const { host, client, channel, handled, publish, confirm, told, alarms, queue } = await setUp();
    for (let at = 0; at < 40; at += 1) {
      publish();
      confirm();
    }
    channel.ack(channel.deliver(0));
    await host.pass(2_000);
    const before = (await queue()).doubtToken;
    plant();
    for (let at = 1; at < 40; at += 1) channel.ack(channel.deliver(at));
    expect(handled).toHaveLength(40);
    expect(channel.settled).toHaveLength(40);
    expect(client.isOffByItself).toBe(true);
    expect(told()).toEqual(["OFF_BY_ITSELF"]);
    vi.restoreAllMocks();
    await host.pass(200_000);
    expect((await queue()).doubtToken).not.toBe(before);
    expect([...(await queue()).consumers.values()]).toMatchObject([{ state: "off" }]);
    expect(alarms()).toEqual([]);
  },
);

test("a bug that shows at one delivery alone puts the queue in doubt before the consumer signs again", async () => {
  const { host, client, channel, publish, confirm, queue } = await setUp();
  publish();
  confirm();
  await host.pass(2_000);
  const before = await queue();
  vi.spyOn(QueueConsumer.prototype, "deliver").mockImplementationOnce(bug);
  channel.deliver(0);
  const order: string[] = [];
  const { store } = client;
  vi.spyOn(store, "doubtQueue").mockImplementation(async () => void order.push("doubt"));
  vi.spyOn(store, "signConsumers").mockImplementation(async () => void order.push("sign"));
  await host.pass(1_000);
  expect(before.doubtToken).toBe("");
  expect(order.slice(0, 2)).toEqual(["doubt", "sign"]);
});
