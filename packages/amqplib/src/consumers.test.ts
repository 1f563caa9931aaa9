import { formatStamp, laneHashOf } from "@seqwatch/core";
import { expect, test, vi } from "vitest";
import { createFakeBench, FakeConnection, laneOf } from "../test/fakes.ts";
import { createAmqpWatch } from "./watch-amqp.ts";

async function createConsuming() {
  const bench = createFakeBench();
  const watch = createAmqpWatch({ client: bench.client, vhost: "/" });
  const channel = await watch.connection(new FakeConnection()).createConfirmChannel();
  await channel.consume("queue", () => {});
  await bench.host.pass(1_000);
  const publishAndDeliver = (exchange: string, key: string) => {
    channel.publish(exchange, key, Buffer.from("content"));
    return channel.deliver(channel.published.length - 1);
  };
  const groupOf = async (exchange: string, key: string) =>
    (await bench.store.readLane(laneOf(exchange, key))).groups.get("queue");
  const receivedOf = async (exchange: string, key: string) =>
    [...((await groupOf(exchange, key))?.receipts.values() ?? [])].map(({ received }) => received);
  const record = () => bench.store.readQueue("shop//", "queue");
  const signOf = async () => [...(await record()).consumers.values()][0];
  return { ...bench, channel, publishAndDeliver, groupOf, receivedOf, record, signOf };
}

test("a consumer signs only what the store holds: a report that fails keeps its number down", async () => {
  const { host, store, publishAndDeliver, receivedOf, signOf } = await createConsuming();
  const failing = vi.spyOn(store, "reportDeliveries").mockRejectedValue(new Error("store is away"));
  const before = await signOf();
  publishAndDeliver("orders", "created");
  await host.pass(5_000);
  expect((await signOf())?.number).toBe(before?.number);
  failing.mockRestore();
  await host.pass(16_000);
  expect(await receivedOf("orders", "created")).toEqual([[1, 1]]);
  expect((await signOf())?.number).toBeGreaterThan(before?.number ?? 0);
  expect((await signOf())?.deliveries).toBe(1);
});

test("a report whose answer was lost is sent again as it was, and counts nothing twice", async () => {
  const { host, store, publishAndDeliver, groupOf } = await createConsuming();
  const real = store.reportDeliveries.bind(store);
  vi.spyOn(store, "reportDeliveries").mockImplementationOnce(async (...args) => {
    await real(...args);
    throw new Error("the answer was lost");
  });
  publishAndDeliver("orders", "created");
  await host.pass(200);
  publishAndDeliver("orders", "created");
  await host.pass(5_000);
  const receipts = [...((await groupOf("orders", "created"))?.receipts.values() ?? [])];
  expect(receipts).toMatchObject([{ received: [1, 2], duplicate: [] }]);
});

test("a doubt that cannot be written keeps the consumer from signing", async () => {
  const { host, store, channel, client, record, signOf, publishAndDeliver } = await createConsuming();
  publishAndDeliver("orders", "created");
  await host.pass(1_000);
  const failing = vi.spyOn(store, "doubtQueue").mockRejectedValue(new Error("store is away"));
  const before = await signOf();
  client.setRecording(false);
  await host.pass(1_200);
  // Off for more than a second: accounting is over though the store was never told.
  channel.publish("orders", "created", Buffer.from("bare"));
  channel.deliver(1);
  await host.pass(3_000);
  expect(await signOf()).toEqual(before);
  failing.mockRestore();
  await host.pass(16_000);
  expect((await record()).doubtToken).not.toBe("");
  expect((await signOf())?.state).toBe("off");
});

test("one exchange can be switched off alone: its deliveries are not accounted for, and the queue is in doubt", async () => {
  const { host, store, publishAndDeliver, receivedOf, record, signOf } = await createConsuming();
  publishAndDeliver("orders", "created");
  publishAndDeliver("audit", "entry");
  await host.pass(1_000);
  const before = (await record()).doubtToken;
  const rule = { scope: { kind: "destination", destination: "audit" }, recording: false, untilMs: undefined } as const;
  await store.writeSwitch({ version: 1, rules: [{ ...rule, reason: "test", who: "test" }] });
  await host.pass(2_000);
  publishAndDeliver("orders", "created");
  publishAndDeliver("audit", "entry");
  await host.pass(2_000);
  expect(await receivedOf("orders", "created")).toEqual([[1, 2]]);
  expect(await receivedOf("audit", "entry")).toEqual([[1, 1]]);
  expect((await record()).doubtToken).not.toBe(before);
  expect((await signOf())?.state).toBe("off");
});

test("what is delivered before the store knows of the doubt is still accounted for, what comes after is not", async () => {
  const { host, client, channel, publishAndDeliver, receivedOf } = await createConsuming();
  publishAndDeliver("orders", "created");
  channel.publish("orders", "created", Buffer.from("on its way"));
  channel.publish("orders", "created", Buffer.from("late"));
  await host.pass(1_000);
  client.setRecording(false);
  channel.deliver(1);
  await host.pass(1_500);
  channel.deliver(2);
  await host.pass(1_500);
  expect(await receivedOf("orders", "created")).toEqual([[1, 2]]);
});

test("while deliveries are not accounted for, the queue is put in doubt again and again", async () => {
  const { host, client, publishAndDeliver, record } = await createConsuming();
  publishAndDeliver("orders", "created");
  client.setRecording(false);
  await host.pass(3_000);
  const settled = (await record()).doubtToken;
  await host.pass(3_000);
  expect((await record()).doubtToken).toBe(settled);
  publishAndDeliver("orders", "created");
  await host.pass(3_000);
  expect((await record()).doubtToken).not.toBe(settled);
});

test("while it is off the consumer goes on settling what was delivered while it was on", async () => {
  const { host, channel, client, publishAndDeliver, groupOf } = await createConsuming();
  const message = publishAndDeliver("orders", "created");
  await host.pass(1_000);
  client.setRecording(false);
  await host.pass(1_500);
  channel.ack(message);
  await host.pass(1_500);
  const receipts = [...((await groupOf("orders", "created"))?.receipts.values() ?? [])];
  expect(receipts).toMatchObject([{ processed: [1, 1] }]);
});

test("an idle lane asks now and then whether the store still holds it, and brings everything when it does not", async () => {
  const { host, store, publishAndDeliver, receivedOf, record } = await createConsuming();
  publishAndDeliver("orders", "created");
  await host.pass(1_000);
  const report = vi.spyOn(store, "reportDeliveries").mockResolvedValueOnce({ kind: "send-all", era: 0 });
  const before = (await record()).doubtToken;
  await host.pass(32_000);
  expect(report.mock.calls.map(([, { whole, streams }]) => [whole, streams.length])).toEqual([
    [false, 0],
    [true, 1],
  ]);
  expect(await receivedOf("orders", "created")).toEqual([[1, 1]]);
  expect((await record()).doubtToken).not.toBe(before);
});

test("after a sign of a clone a consumer begins anew under another id, with a doubt", async () => {
  const { host, store, publishAndDeliver, groupOf, record } = await createConsuming();
  publishAndDeliver("orders", "created");
  await host.pass(1_000);
  const before = (await record()).doubtToken;
  vi.spyOn(store, "reportDeliveries").mockResolvedValueOnce({ kind: "clone" });
  publishAndDeliver("orders", "created");
  await host.pass(3_000);
  const group = await groupOf("orders", "created");
  expect([...(group?.members.keys() ?? [])]).toHaveLength(2);
  expect([...(group?.receipts.values() ?? [])]).toMatchObject([{ received: [1, 2], duplicate: [] }]);
  expect((await record()).consumers.size).toBe(2);
  expect((await record()).doubtToken).not.toBe(before);
});

test("routing keys without bound: idle lanes are forgotten, and one that comes back is accounted for again", async () => {
  const { host, client, channel, groupOf, record } = await createConsuming();
  const { clientId } = client;
  const deliver = (key: number, sequence: number) => {
    const laneHash = laneHashOf(laneOf("orders", `${key}`));
    const headers = { seqwatch: formatStamp({ producerId: "AAAAAAAAAAA", laneHash, sequence }) };
    channel.published.push({
      exchange: "orders",
      routingKey: `${key}`,
      content: Buffer.from(""),
      options: { headers },
    });
    channel.ack(channel.deliver(channel.published.length - 1));
  };
  for (let key = 0; key < 5_100; key++) deliver(key, 1);
  await host.pass(65_000);
  for (let key = 0; key < 10; key++) deliver(key, 2);
  await host.pass(3_000);
  // Without a ledger receipts wait; they are all there.
  const receipts = [...((await groupOf("orders", "5"))?.receipts.values() ?? [])];
  expect(receipts.map(({ ahead }) => ahead)).toEqual([[1, 2]]);
  expect({ clientId: client.clientId, doubtToken: (await record()).doubtToken }).toEqual({ clientId, doubtToken: "" });
});
