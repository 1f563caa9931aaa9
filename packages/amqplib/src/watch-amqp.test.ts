import { EventEmitter } from "node:events";
import { ClientError } from "@seqwatch/client";
import { createMemoryStore } from "@seqwatch/core";
import { expect, test, vi } from "vitest";
import { createFakeBench, FakeConnection, FakeHost, laneOf } from "../test/fakes.ts";
import { createAmqpWatch, watchAmqp } from "./watch-amqp.ts";

function createOptions(more = {}) {
  return { service: "tests", store: createMemoryStore(), host: new FakeHost(), vhost: "/", ...more };
}

test("a connection comes back as the object that it is, with methods that nobody sees in a loop over its keys", async () => {
  const connection = new FakeConnection();
  const keys = Object.keys(connection);
  expect(watchAmqp(connection, createOptions())).toBe(connection);
  expect(Object.keys(connection)).toEqual(keys);
  const channel = await connection.createConfirmChannel();
  expect(Object.keys(channel)).not.toContain("publish");
  expect(Object.hasOwn(channel, "publish")).toBe(true);
  expect(Object.keys(Object(Reflect.get(channel, "publish")))).toEqual([]);
});

test("switched off for good, nothing is touched at all", async () => {
  const connection = watchAmqp(new FakeConnection(), createOptions({ enabled: false }));
  const channel = await connection.createConfirmChannel();
  expect(Object.getOwnPropertyNames(connection)).toEqual(["channels"]);
  expect(Object.hasOwn(channel, "publish")).toBe(false);
});

test("connections with the same options object share their streams, others do not", async () => {
  const options = createOptions({ cluster: "shop" });
  for (const given of [options, options, { ...options }]) {
    const channel = await watchAmqp(new FakeConnection(), given).createConfirmChannel();
    channel.publish("orders", "7", Buffer.from("content"));
  }
  await options.host.pass(1_100);
  const { ledgers } = await options.store.readLane(laneOf("orders", "7"));
  expect([...ledgers.values()].map(({ assigned }) => assigned).sort((a, b) => a - b)).toEqual([1, 2]);
});

test("a connection that is watched twice stamps once", async () => {
  const { client } = createFakeBench();
  const watch = createAmqpWatch({ client, vhost: "/" });
  const channel = await watch.connection(watch.connection(new FakeConnection())).createConfirmChannel();
  channel.publish("orders", "7", Buffer.from("content"));
  expect(Object.keys(channel.published[0]?.options?.headers ?? {})).toEqual(["seqwatch"]);
});

test("a method that is patched on the prototype later is still called, below ours", async () => {
  const channel = await watchAmqp(new FakeConnection(), createOptions()).createConfirmChannel();
  const patched = vi.spyOn(Object.getPrototypeOf(channel), "publish");
  channel.publish("orders", "7", Buffer.from("content"));
  expect(patched).toHaveBeenCalledOnce();
  expect(patched.mock.calls[0]?.[3]).toMatchObject({ headers: { seqwatch: expect.any(String) } });
  patched.mockRestore();
});

test("an option that cannot be used is refused at once, in words", () => {
  expect(() => watchAmqp(new FakeConnection(), createOptions({ vhost: 7 }))).toThrow(ClientError);
  expect(() => watchAmqp(new FakeConnection(), createOptions({ partitionBy: "key" }))).toThrow(/partitionBy is "key"/);
});

test("a connection that died does not keep the streams from ending with the one that is closed", async () => {
  class DyingConnection extends EventEmitter {
    createChannel(): void {}
    createConfirmChannel(): void {}
    close(): void {}
  }
  const { client, store } = createFakeBench();
  const watch = createAmqpWatch({ client, vhost: "/" });
  const dying = watch.connection(new DyingConnection());
  const living = watch.connection(new FakeConnection());
  const channel = await living.createConfirmChannel();
  channel.publish("orders", "7", Buffer.from("content"));
  channel.emit("ack", { deliveryTag: 1, multiple: false });
  dying.emit("close");
  await living.close();
  expect([...(await store.readLane(laneOf("orders", "7"))).ledgers.values()]).toMatchObject([{ ended: 1 }]);
});
