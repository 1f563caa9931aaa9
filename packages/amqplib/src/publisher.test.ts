import { expect, test, vi } from "vitest";
import { createFakeBench, FakeConnection, laneOf } from "../test/fakes.ts";
import { createAmqpWatch } from "./watch-amqp.ts";

async function createWatched(settings = {}) {
  const bench = createFakeBench();
  const watch = createAmqpWatch({ client: bench.client, vhost: "/", ...settings });
  const channel = await watch.connection(new FakeConnection()).createConfirmChannel();
  const ledgers = async (exchange: string, key: string) => [
    ...(await bench.store.readLane(laneOf(exchange, key))).ledgers.values(),
  ];
  return { ...bench, watch, channel, ledgers };
}

const content = Buffer.from("content");

test("a confirm that never comes is uncertain after a minute, and acked if it comes after all", async () => {
  const { host, channel, ledgers } = await createWatched();
  channel.publish("orders", "created", content);
  await host.pass(59_000);
  expect(await ledgers("orders", "created")).toMatchObject([{ assigned: 1, acked: [], uncertain: [] }]);
  await host.pass(3_000);
  expect(await ledgers("orders", "created")).toMatchObject([{ uncertain: [1, 1], ended: 0 }]);
  channel.emit("ack", { deliveryTag: 1, multiple: false });
  await host.pass(1_100);
  expect(await ledgers("orders", "created")).toMatchObject([{ acked: [1, 1] }]);
});

test("an idle stream reports now and then, is ended after a minute, and its id opens no further stream", async () => {
  const { host, channel, ledgers } = await createWatched();
  channel.publish("orders", "7", content);
  channel.emit("ack", { deliveryTag: 1, multiple: false });
  await host.pass(30_000);
  const [living] = await ledgers("orders", "7");
  expect(living).toMatchObject({ assigned: 1, acked: [1, 1], ended: 0 });
  expect(living?.number).toBeGreaterThanOrEqual(3);
  await host.pass(40_000);
  expect(await ledgers("orders", "7")).toMatchObject([{ ended: 1 }]);
  await host.pass(70_000);
  channel.publish("orders", "7", content);
  channel.publish("orders", "8", content);
  await host.pass(1_100);
  const again = await ledgers("orders", "7");
  expect(again.map(({ assigned, ended }) => ({ assigned, ended }))).toEqual([
    { assigned: 1, ended: 1 },
    { assigned: 1, ended: 0 },
  ]);
  expect(again[1]?.producerId).not.toBe(living?.producerId);
  expect((await ledgers("orders", "8"))[0]?.producerId).toBe(again[1]?.producerId);
});

test("a stream that is used again within the minute goes on, without a hole", async () => {
  const { host, channel, ledgers } = await createWatched();
  channel.publish("orders", "7", content);
  channel.emit("ack", { deliveryTag: 1, multiple: false });
  await host.pass(50_000);
  channel.publish("orders", "7", content);
  channel.emit("ack", { deliveryTag: 2, multiple: false });
  await host.pass(50_000);
  expect(await ledgers("orders", "7")).toMatchObject([{ assigned: 2, ended: 0, acked: [1, 2] }]);
});

test("past 10,000 living streams messages go out as they are, counted and told once", async () => {
  const { host, channel, notices, ledgers } = await createWatched();
  for (let key = 0; key < 10_003; key++) channel.publish("orders", `${key}`, content);
  expect(channel.published.filter(({ options }) => options?.headers !== undefined)).toHaveLength(10_000);
  expect(channel.published.at(-1)?.options).toBeUndefined();
  await host.pass(1_100);
  expect(await ledgers("orders", "10001")).toEqual([]);
  const told = notices.filter((notice) => notice.kind === "warning" && notice.code === "TOO_MANY_STREAMS");
  expect(told).toHaveLength(1);
});

test("partitionBy makes one stream of many routing keys; where it fails the key itself is taken, and that is told", async () => {
  const partitionBy = (_: string, key: string) => {
    if (key === "bad") throw new Error("no such key");
    return key.split(".")[0] ?? "";
  };
  const { host, channel, notices, ledgers } = await createWatched({ partitionBy });
  for (const key of ["order.1", "order.2", "bad"]) channel.publish("orders", key, content);
  await host.pass(1_100);
  expect(await ledgers("orders", "order")).toMatchObject([{ assigned: 2 }]);
  expect(await ledgers("orders", "bad")).toMatchObject([{ assigned: 1 }]);
  expect(notices).toMatchObject([{ kind: "internal-error", where: "partitionBy" }]);
});

test("after a sign of a clone everything goes on under new ids", async () => {
  const { host, store, channel, client, ledgers } = await createWatched();
  channel.publish("orders", "7", content);
  await host.pass(1_100);
  const clientId = client.clientId;
  vi.spyOn(store, "reportLedger").mockResolvedValueOnce({ kind: "clone" });
  channel.publish("orders", "7", content);
  await host.pass(1_100);
  channel.publish("orders", "7", content);
  await host.pass(1_100);
  const [before, after] = await ledgers("orders", "7");
  expect(before).toMatchObject({ assigned: 1 });
  expect(after).toMatchObject({ assigned: 1, number: 1 });
  expect(client.clientId).not.toBe(clientId);
});

test("with a store that fails, publishing goes on, and everything is reported once it answers", async () => {
  const { host, store, channel, ledgers } = await createWatched();
  const failing = vi.spyOn(store, "reportLedger").mockRejectedValue(new Error("store is away"));
  for (let index = 1; index <= 5; index++) {
    expect(channel.publish("orders", "7", content)).toBe(true);
    channel.emit("ack", { deliveryTag: index, multiple: false });
    await host.pass(1_000);
  }
  failing.mockRestore();
  await host.pass(20_000);
  expect(await ledgers("orders", "7")).toMatchObject([{ assigned: 5, acked: [1, 5] }]);
});

test("acks and nacks of many at once settle each once, in any order", async () => {
  const { host, channel, ledgers } = await createWatched();
  for (let index = 0; index < 6; index++) channel.publish("orders", "7", content);
  channel.emit("ack", { deliveryTag: 4, multiple: false });
  channel.emit("nack", { deliveryTag: 2, multiple: true });
  channel.emit("ack", { deliveryTag: 5, multiple: true });
  await host.pass(1_100);
  expect(await ledgers("orders", "7")).toMatchObject([
    { assigned: 6, acked: [3, 5], voided: [{ reason: "nacked", sequences: [1, 2] }] },
  ]);
});

test("a constant Buffer that is published again after a closed channel is a new message, unless its options are the same object", async () => {
  const { host, watch, channel, ledgers } = await createWatched();
  const options = { persistent: true };
  channel.publish("orders", "ping", content);
  channel.publish("orders", "ping", content, options);
  channel.emit("close");
  const next = await watch.connection(new FakeConnection()).createConfirmChannel();
  next.publish("orders", "ping", content);
  next.publish("orders", "ping", content, { ...options });
  next.publish("orders", "ping", content, options);
  const stamps = next.published.map(({ options: sent }) => String(sent?.headers?.["seqwatch"]).split(".").at(-1));
  expect(stamps).toEqual(["3", "4", "2"]);
  const copies = next.published.map(({ options: sent }) => sent?.headers?.["seqwatch-copy"]);
  expect(copies).toEqual([undefined, undefined, "2"]);
  await host.pass(1_100);
  expect(await ledgers("orders", "ping")).toMatchObject([{ assigned: 4, uncertain: [1, 2], retried: [2, 2] }]);
});

test("a publish that throws gives its sequence back; a table that the client finds too large goes out unstamped", async () => {
  const { host, channel, ledgers } = await createWatched();
  const below = vi.spyOn(Object.getPrototypeOf(channel), "publish");
  below.mockImplementationOnce(() => {
    throw new Error("Channel closed");
  });
  expect(() => channel.publish("orders", "7", content)).toThrow("Channel closed");
  below.mockImplementationOnce(() => {
    throw new RangeError("exceeds the 65536 byte encoding buffer");
  });
  expect(channel.publish("orders", "7", content)).toBe(true);
  expect(channel.publish("orders", "7", content)).toBe(true);
  below.mockRestore();
  expect(channel.published.map(({ options }) => options?.headers !== undefined)).toEqual([false, true]);
  channel.emit("ack", { deliveryTag: 2, multiple: true });
  await host.pass(1_100);
  expect(await ledgers("orders", "7")).toMatchObject([{ assigned: 1, acked: [1, 1], unauditedCount: 1 }]);
});

test("the last connection that is closed ends the streams", async () => {
  const { watch, channel, ledgers } = await createWatched();
  channel.publish("orders", "7", content);
  channel.emit("ack", { deliveryTag: 1, multiple: false });
  const second = watch.connection(new FakeConnection());
  await second.close();
  expect((await ledgers("orders", "7"))[0]?.ended).toBe(0);
});
