import { once } from "node:events";
import { countOf } from "@seqwatch/core";
import amqplib from "amqplib";
import { expect, inject, onTestFinished, test, vi } from "vitest";
import { collector, createBench, missingOf, openConnection } from "./harness.ts";
import { cut, isMessageOf } from "./messages.ts";

test("what was confirmed and acked is the same set in the ledger and in the receipts", async () => {
  const bench = await createBench();
  const queue = await bench.queue();
  const connection = await bench.connect();
  const channel = await connection.createConfirmChannel();
  const consumer = await connection.createChannel();
  await consumer.prefetch(50);
  const seen = collector<amqplib.ConsumeMessage>();
  await consumer.consume(queue, (message) => {
    seen.add(message);
    if (message !== null) consumer.ack(message);
  });
  for (let index = 0; index < 500; index++) channel.sendToQueue(queue, Buffer.from(`${index}`), { persistent: true });
  await channel.waitForConfirms();
  await expect.poll(() => seen.messages.length).toBe(500);
  await connection.close();
  const [ledger] = await bench.ledgers("", queue);
  const [receipts] = await bench.receipts("", queue, queue);
  expect(ledger).toMatchObject({ assigned: 500, ended: 500, acked: [1, 500], uncertain: [], confirms: true });
  expect(receipts).toMatchObject({ received: [1, 500], processed: [1, 500], duplicate: [], firstDelivered: 500 });
  expect(ledger && receipts && missingOf(ledger, receipts)).toEqual({ unreceived: [], unprocessed: [], count: 500 });
});

test("a plain channel promises nothing: what it sent is told, by a producer of its own", async () => {
  const bench = await createBench();
  const queue = await bench.queue();
  const connection = await bench.connect();
  const plain = await connection.createChannel();
  const confirming = await connection.createConfirmChannel();
  for (let index = 0; index < 3; index++) plain.publish("", queue, Buffer.from("plain"));
  confirming.publish("", queue, Buffer.from("confirmed"));
  await confirming.waitForConfirms();
  await plain.close();
  await connection.close();
  const ledgers = await bench.ledgers("", queue);
  expect(ledgers).toHaveLength(2);
  expect(ledgers.find(({ confirms }) => !confirms)).toMatchObject({ told: [1, 3], acked: [], assigned: 3 });
  expect(ledgers.find(({ confirms }) => confirms)).toMatchObject({ told: [], acked: [1, 1], assigned: 1 });
});

test("unroutable messages are named exactly and at once, without a return that the application did not ask for", async () => {
  const bench = await createBench({ reference: (content) => content.toString() });
  const queue = await bench.queue();
  const connection = await bench.connect();
  const channel = await connection.createConfirmChannel();
  const returned = vi.fn<(message: unknown) => void>();
  channel.on("return", returned);
  const exchange = `ex-${queue}`;
  await channel.assertExchange(exchange, "direct", { durable: false, autoDelete: true });
  await channel.bindQueue(queue, exchange, "known");
  const outcomes: unknown[] = [];
  for (const key of ["known", "unknown", "known", "unknown"])
    channel.publish(exchange, key, Buffer.from(key), {}, (error) => void outcomes.push(error));
  await channel.waitForConfirms();
  expect(outcomes).toEqual([null, null, null, null]);
  expect(returned).not.toHaveBeenCalled();
  const unroutable = bench.notices.filter(({ kind }) => kind === "unroutable");
  expect(unroutable).toMatchObject([
    { sequences: [1, 1], references: ["unknown"] },
    { sequences: [2, 2], references: ["unknown"] },
  ]);
  await bench.client.flush();
  expect(await bench.ledgers(exchange, "unknown")).toMatchObject([
    {
      returned: [1, 2],
      references: [
        { sequence: 1, text: "unknown" },
        { sequence: 2, text: "unknown" },
      ],
    },
  ]);
  expect(await bench.ledgers(exchange, "known")).toMatchObject([{ returned: [], acked: [1, 2] }]);
});

test("a return that the application asked for reaches its listeners, and the ledger too", async () => {
  const bench = await createBench();
  const connection = await bench.connect();
  for (const channel of [await connection.createConfirmChannel(), await connection.createChannel()]) {
    const key = `nowhere-${crypto.randomUUID()}`;
    const heard = once(channel, "return");
    channel.publish("", key, Buffer.from("asked for"), { mandatory: true });
    const [message] = await heard;
    expect(isMessageOf(message, "asked for")).toBe(true);
    await bench.client.flush();
    expect(await bench.ledgers("", key)).toMatchObject([{ returned: [1, 1] }]);
  }
});

test("a full queue's nacks are void, and each callback gets the error it would have got", async () => {
  const bench = await createBench();
  const queue = await bench.queue({ arguments: { "x-max-length": 3, "x-overflow": "reject-publish" } });
  const connection = await bench.connect();
  const channel = await connection.createConfirmChannel();
  const outcomes = await Promise.all(
    Array.from({ length: 6 }, (_, index) => {
      return new Promise<string>((resolve) => {
        channel.sendToQueue(queue, Buffer.from(`${index}`), {}, (error: unknown) => {
          resolve(error instanceof Error ? error.message : "ack");
        });
      });
    }),
  );
  await bench.client.flush();
  const nacked = outcomes.flatMap((outcome, index) => (outcome === "message nacked" ? [index + 1] : []));
  expect(nacked.length).toBeGreaterThan(0);
  const [ledger] = await bench.ledgers("", queue);
  const voided = ledger?.voided.find(({ reason }) => reason === "nacked")?.sequences ?? [];
  expect(countOf(voided)).toBe(nacked.length);
  expect(countOf(ledger?.acked ?? [])).toBe(6 - nacked.length);
});

test("what a closed channel left unconfirmed is uncertain, and confirms that came before stay acked", async () => {
  const bench = await createBench();
  const queue = await bench.queue();
  const connection = await bench.connect();
  const channel = await connection.createConfirmChannel();
  const failed = once(channel, "error");
  channel.sendToQueue(queue, Buffer.from("good"));
  await channel.waitForConfirms();
  const outcomes: unknown[] = [];
  const missing = `missing-${queue}`;
  channel.publish(missing, "key", Buffer.from("bad"), {}, (error) => void outcomes.push(error));
  channel.sendToQueue(queue, Buffer.from("after"), {}, (error) => void outcomes.push(error));
  const [error] = await failed;
  expect(error).toMatchObject({ code: 404 });
  await expect.poll(() => outcomes.length).toBe(2);
  expect(outcomes).toEqual([new Error("channel closed"), new Error("channel closed")]);
  expect(() => channel.sendToQueue(queue, Buffer.from("late"))).toThrow("Channel closed");
  await bench.client.flush();
  expect(await bench.ledgers(missing, "key")).toMatchObject([{ assigned: 1, uncertain: [1, 1], acked: [] }]);
  expect(await bench.ledgers("", queue)).toMatchObject([{ assigned: 2, uncertain: [2, 2], acked: [1, 1] }]);
});

test("a message that is published again after its channel closed keeps its sequence, once, and as itself alone", async () => {
  const bench = await createBench();
  const queue = await bench.queue();
  const connection = await bench.connect();
  const first = await connection.createConfirmChannel();
  first.on("error", () => {});
  const closed = new Promise((resolve) => first.on("close", resolve));
  const [content, options, other] = [Buffer.from("same"), { persistent: false }, { persistent: false }];
  first.publish(`missing-${queue}`, "key", Buffer.from("closes the channel"));
  first.sendToQueue(queue, content, options);
  await closed;
  const second = await connection.createConfirmChannel();
  second.sendToQueue(queue, content, other);
  second.sendToQueue(queue, content, options);
  second.sendToQueue(queue, content, options);
  await second.waitForConfirms();
  await bench.client.flush();
  expect(await bench.ledgers("", queue)).toMatchObject([
    { assigned: 3, acked: [1, 3], uncertain: [1, 1], retried: [1, 1] },
  ]);
});

test("a cut connection leaves the unconfirmed uncertain, and the recovered one goes on with the same stream", async () => {
  const bench = await createBench();
  const queue = await bench.queue();
  const connection = bench.watch.connection(
    await amqplib.connect(inject("amqpUrl"), { recovery: { initialDelay: 10, maxDelay: 50 } }),
  );
  onTestFinished(() => connection.close());
  connection.on("error", () => {});
  const channel = await connection.createConfirmChannel();
  channel.on("error", () => {});
  channel.sendToQueue(queue, Buffer.from("1"));
  await channel.waitForConfirms();
  const closed = new Promise((resolve) => channel.on("close", resolve));
  channel.sendToQueue(queue, Buffer.from("2"));
  cut(channel);
  await closed;
  const again = await connection.createConfirmChannel();
  again.sendToQueue(queue, Buffer.from("3"));
  await again.waitForConfirms();
  await bench.client.flush();
  const ledgers = await bench.ledgers("", queue);
  expect(ledgers).toMatchObject([{ assigned: 3, acked: [1, 1, 3, 3], uncertain: [2, 2] }]);
});

test("an ended connection waits for the reports, a dead store only for a quarter of a second", async () => {
  const bench = await createBench();
  const queue = await bench.queue();
  const connection = await bench.connect();
  const channel = await connection.createConfirmChannel();
  channel.sendToQueue(queue, Buffer.from("1"));
  await channel.waitForConfirms();
  vi.spyOn(bench.store, "reportLedger").mockReturnValue(new Promise(() => {}));
  const startedAt = performance.now();
  await expect(connection.close()).resolves.toBeUndefined();
  expect(performance.now() - startedAt).toBeLessThan(1_500);
});

test("publishing is a memory write that tells back-pressure and drain as it does bare", async () => {
  const bench = await createBench();
  const queue = await bench.queue();
  const watched = await (await bench.connect()).createConfirmChannel();
  const bare = await bench.bare.createConfirmChannel();
  const content = Buffer.alloc(1_000);
  const accepted = [watched, bare].map((channel) => {
    let count = 0;
    while (channel.sendToQueue(queue, content)) count += 1;
    return count;
  });
  expect(accepted[0]).toBeGreaterThan((accepted[1] ?? 0) * 0.5);
  await Promise.all([once(watched, "drain"), once(bare, "drain")]);
  await Promise.all([watched.waitForConfirms(), bare.waitForConfirms()]);
});

test("while recording is off messages go out as they are, and the streams are ended", async () => {
  const bench = await createBench();
  const queue = await bench.queue();
  const channel = await (await bench.connect()).createConfirmChannel();
  channel.sendToQueue(queue, Buffer.from("on"));
  await channel.waitForConfirms();
  bench.client.setRecording(false);
  channel.sendToQueue(queue, Buffer.from("off"));
  await channel.waitForConfirms();
  await bench.client.flush();
  expect(await bench.ledgers("", queue)).toMatchObject([{ assigned: 1, ended: 1, acked: [1, 1] }]);
  bench.client.setRecording(true);
  channel.sendToQueue(queue, Buffer.from("on again"));
  await channel.waitForConfirms();
  await bench.client.flush();
  expect(await bench.ledgers("", queue)).toMatchObject([{ assigned: 2, ended: 1, acked: [1, 2] }]);
  const bare = await (await openConnection()).createChannel();
  const headers = [];
  for (let index = 0; index < 3; index++) {
    const message = await bare.get(queue, { noAck: true });
    headers.push(message === false ? undefined : Object.keys(message.properties.headers ?? {}));
  }
  expect(headers).toEqual([["seqwatch"], [], ["seqwatch"]]);
});
