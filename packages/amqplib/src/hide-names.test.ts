import { hideName } from "@seqwatch/client";
import { type Store } from "@seqwatch/core";
import { expect, test } from "vitest";
import { createFakeBench, FakeConnection, laneOf } from "../test/fakes.ts";
import { createAmqpWatch } from "./watch-amqp.ts";

const secret = "a secret of all services";
const key = "user.4711.created";
const order = "order of Ms Example";

/** Everything that is given to the store, as text. */
function overheard(store: Store): { readonly told: () => string } {
  const told: string[] = [];
  for (const name of [
    "reportLedger",
    "reportDeliveries",
    "signClient",
    "signConsumers",
    "doubtQueue",
    "announceLane",
  ] as const) {
    const real: unknown = Reflect.get(store, name);
    Reflect.set(store, name, (...args: unknown[]): unknown => {
      told.push(JSON.stringify(args));
      return typeof real === "function" ? Reflect.apply(real, store, args) : undefined;
    });
  }
  return { told: () => told.join("\n") };
}

async function setUp(ofConsumer: string) {
  const bench = createFakeBench();
  const { told } = overheard(bench.store);
  const make = async (own: string) =>
    await createAmqpWatch({ client: bench.client, vhost: "/", hideNames: { secret: own }, reference: () => order })
      .connection(new FakeConnection())
      .createConfirmChannel();
  const publisher = await make(secret);
  const consumer = ofConsumer === secret ? publisher : await make(ofConsumer);
  await consumer.consume("queue", () => {});
  const pass = (exchange: string, sent: string) => {
    publisher.publish(exchange, sent, Buffer.from("v"));
    publisher.emit("nack", { deliveryTag: publisher.published.length, multiple: false });
    const published = publisher.published.at(-1);
    if (consumer !== publisher && published !== undefined) consumer.published.push(published);
    consumer.ack(consumer.deliver(consumer.published.length - 1));
  };
  const record = (lane: ReturnType<typeof laneOf>) => bench.store.readLane(lane);
  return { ...bench, told, pass, record, publisher };
}

test("routing keys and references leave the process as keyed hashes alone, and continuity holds on both sides", async () => {
  const { host, told, pass, record, publisher } = await setUp(secret);
  for (let at = 0; at < 3; at += 1) pass("orders", key);
  await host.pass(3_000);
  expect(publisher.published.map(({ routingKey }) => routingKey)).toEqual([key, key, key]);
  const lane = await record(laneOf("orders", hideName(secret, key)));
  expect([...lane.ledgers.values()]).toMatchObject([
    { assigned: 3, references: [{ text: hideName(secret, order) }, {}, {}] },
  ]);
  expect([...(lane.groups.get("queue")?.receipts.values() ?? [])]).toMatchObject([
    { received: [1, 3], processed: [1, 3] },
  ]);
  expect(told()).toContain(hideName(secret, key));
  expect(told()).not.toMatch(/4711|Ms Example|a secret/);
});

test("the default exchange leads to queues by their names, which are none of the hidden ones", async () => {
  const { host, pass, record } = await setUp(secret);
  pass("", "queue");
  await host.pass(3_000);
  expect((await record(laneOf("", "queue"))).ledgers.size).toBe(1);
});

test("with different secrets the two sides do not meet: every message counts as a copy from elsewhere", async () => {
  const { host, pass, record } = await setUp("another secret of 16");
  pass("orders", key);
  await host.pass(3_000);
  const lane = await record(laneOf("orders", hideName("another secret of 16", key)));
  const members = [...(lane.groups.get("queue")?.members.values() ?? [])];
  expect(members).toMatchObject([{ totals: { received: 0, forwarded: 1 } }]);
});
