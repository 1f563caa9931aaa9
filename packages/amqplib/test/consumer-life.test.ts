import { randomUUID } from "node:crypto";
import { countOf } from "@seqwatch/core";
import type { ConsumeMessage } from "amqplib";
import { expect, test, vi } from "vitest";
import { createFilled, fill, receiptsOf } from "./filled.ts";
import { collector, createBench } from "./harness.ts";

test("a consumer is in the store before its first delivery, at rest its number goes on, and closing it cleanly closes it", async () => {
  const bench = await createBench();
  const queue = await bench.queue();
  const connection = await bench.connect();
  const channel = await connection.createChannel();
  const { consumerTag } = await channel.consume(queue, () => {});
  const onlyConsumer = async () => [...(await bench.queueRecord(queue)).consumers.values()][0];
  await expect.poll(onlyConsumer).toMatchObject({ state: "open", deliveries: 0 });
  await expect.poll(async () => (await onlyConsumer())?.number).toBeGreaterThan(3);
  await channel.cancel(consumerTag);
  await expect.poll(onlyConsumer).toMatchObject({ state: "closed" });
});

test("a cancelled consumer stays open until what it holds is settled", async () => {
  const { bench, queue, connection } = await createFilled(2);
  const channel = await connection.createChannel();
  const seen = collector<ConsumeMessage>();
  const { consumerTag } = await channel.consume(queue, seen.add);
  await expect.poll(() => seen.messages.length).toBe(2);
  await channel.cancel(consumerTag);
  await bench.client.flush();
  const states = async () => [...(await bench.queueRecord(queue)).consumers.values()].map(({ state }) => state);
  expect(await states()).toEqual(["ending"]);
  for (const message of seen.messages) channel.ack(message);
  await expect.poll(states).toEqual(["closed"]);
  expect(await receiptsOf(bench, queue)).toMatchObject({ received: [1, 2], processed: [1, 2] });
});

test("a queue that is deleted under its consumer closes it, and the handler hears null", async () => {
  const bench = await createBench();
  const queue = await bench.queue();
  const channel = await (await bench.connect()).createChannel();
  const handler = vi.fn<(message: unknown) => void>();
  await channel.consume(queue, handler);
  const { doubtToken } = await bench.queueRecord(queue);
  await channel.deleteQueue(queue);
  await expect.poll(() => handler.mock.calls).toEqual([[null]]);
  await expect
    .poll(async () => [...(await bench.queueRecord(queue)).consumers.values()])
    .toMatchObject([{ state: "closed" }]);
  expect((await bench.queueRecord(queue)).doubtToken).not.toBe(doubtToken);
});

test("binding, unbinding and deleting put the queue in doubt; a change at an exchange all queues of the process", async () => {
  const bench = await createBench();
  const queue = await bench.queue();
  const exchange = `ex-${randomUUID()}`;
  const channel = await (await bench.connect()).createChannel();
  await channel.assertExchange(exchange, "topic", { durable: false });
  const tokens = new Set<string>();
  const note = async () => {
    await bench.client.flush();
    tokens.add((await bench.queueRecord(queue)).doubtToken);
    return tokens.size;
  };
  expect(await note()).toBe(1);
  await channel.checkQueue(queue);
  expect(await note()).toBe(1);
  await channel.bindQueue("", exchange, "a.*");
  expect(await note()).toBe(2);
  await channel.unbindQueue(queue, exchange, "a.*");
  expect(await note()).toBe(3);
  // What a purge takes away the queue has passed: that needs no doubt.
  await channel.purgeQueue(queue);
  expect(await note()).toBe(3);
  await channel.deleteExchange(exchange);
  expect(await note()).toBe(4);
  await channel.deleteQueue(queue);
  expect(await note()).toBe(5);
});

test("the doubt is in the store before accounting stops, and again before the first sign after it goes on", async () => {
  const { bench, queue, connection, publisher } = await createFilled(1);
  const channel = await connection.createChannel();
  const seen = collector<ConsumeMessage>();
  await channel.consume(queue, seen.add);
  await expect.poll(() => seen.messages.length).toBe(1);
  await bench.client.flush();
  const order: string[] = [];
  const { doubtQueue, signConsumers } = {
    doubtQueue: bench.store.doubtQueue.bind(bench.store),
    signConsumers: bench.store.signConsumers.bind(bench.store),
  };
  vi.spyOn(bench.store, "doubtQueue").mockImplementation(async (...args) => {
    order.push("doubt");
    await doubtQueue(...args);
  });
  vi.spyOn(bench.store, "signConsumers").mockImplementation(async (...args) => {
    order.push(args[2].map(({ state }) => state).join());
    await signConsumers(...args);
  });
  bench.client.setRecording(false);
  await expect.poll(() => order.includes("off")).toBe(true);
  expect(order.slice(order.indexOf("doubt"), order.indexOf("doubt") + 2)).toEqual(["doubt", "off"]);
  channel.ackAll();
  await fill(publisher, queue, 1);
  await expect.poll(() => seen.messages.length).toBe(2);
  await bench.client.flush();
  expect(await bench.receipts("", queue, queue)).toMatchObject([{ received: [1, 1], processed: [1, 1] }]);
  order.length = 0;
  bench.client.setRecording(true);
  await expect.poll(() => order.includes("open")).toBe(true);
  expect(order.indexOf("doubt")).toBeGreaterThanOrEqual(0);
  expect(order.indexOf("doubt")).toBeLessThan(order.indexOf("open"));
  await fill(publisher, queue, 1);
  await expect.poll(async () => (await receiptsOf(bench, queue))?.received).toEqual([1, 2]);
});

test("a store that lost its records is told everything again, after a doubt", async () => {
  const { bench, queue, connection, publisher } = await createFilled(20);
  const channel = await connection.createChannel();
  await channel.consume(queue, (message) => void (message !== null && channel.ack(message)));
  await expect.poll(async () => countOf((await receiptsOf(bench, queue))?.processed ?? [])).toBe(20);
  const before = (await bench.queueRecord(queue)).doubtToken;
  const answer = bench.store.reportDeliveries.bind(bench.store);
  const spy = vi
    .spyOn(bench.store, "reportDeliveries")
    .mockImplementationOnce(async () => ({ kind: "send-all", era: 0 }));
  spy.mockImplementation(answer);
  await fill(publisher, queue, 1);
  await expect.poll(async () => (await receiptsOf(bench, queue))?.processed).toEqual([1, 21]);
  expect(spy.mock.calls.some(([, report]) => report.whole)).toBe(true);
  expect((await bench.queueRecord(queue)).doubtToken).not.toBe(before);
});
