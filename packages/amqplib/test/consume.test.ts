import { randomUUID } from "node:crypto";
import type { ConsumeMessage } from "amqplib";
import { expect, test, vi } from "vitest";
import { createFilled, fill, receiptsOf } from "./filled.ts";
import { collector, createBench } from "./harness.ts";
import { cut } from "./messages.ts";

test("competing consumers that requeue some leave one account: everything received and processed, nothing doubled", async () => {
  const { bench, queue, connection } = await createFilled(400);
  const refused = new Set<string>();
  const seen: string[] = [];
  for (const each of [1, 2]) {
    const channel = await connection.createChannel();
    await channel.prefetch(50);
    await channel.consume(queue, (message) => {
      if (message === null) return;
      const text = message.content.toString();
      if (Number(text) % 7 === each && !refused.has(text)) {
        refused.add(text);
        channel.nack(message);
        return;
      }
      seen.push(text);
      channel.ack(message);
    });
  }
  await expect.poll(() => new Set(seen).size).toBe(400);
  const receipts = await receiptsOf(bench, queue);
  expect(receipts).toMatchObject({ received: [1, 400], processed: [1, 400], rejected: [], duplicate: [] });
  const { consumers } = await bench.queueRecord(queue);
  expect([...consumers.values()].map(({ state }) => state)).toEqual(["open", "open"]);
  const delivered = [...consumers.values()].reduce((sum, { deliveries }) => sum + deliveries, 0);
  expect(delivered).toBe(400 + refused.size);
});

test("with noAck a message is processed when its handler has returned", async () => {
  const { bench, queue, connection } = await createFilled(3);
  const channel = await connection.createChannel();
  const failed = vi.fn<(error: unknown) => void>();
  channel.on("handler-error", failed);
  const texts: string[] = [];
  await channel.consume(
    queue,
    (message) => {
      texts.push(String(message?.content));
      if (texts.length === 2) throw new Error("the second fails");
    },
    { noAck: true },
  );
  await expect.poll(() => texts.length).toBe(3);
  expect(await receiptsOf(bench, queue)).toMatchObject({ received: [1, 3], processed: [1, 1, 3, 3] });
  await expect.poll(() => failed.mock.calls.length).toBe(1);
});

test("with noAck a message whose async handler is at work is received and not yet processed", async () => {
  const { bench, queue, connection } = await createFilled(2);
  const channel = await connection.createChannel();
  const second = Promise.withResolvers<void>();
  let count = 0;
  await channel.consume(
    queue,
    // oxlint-disable-next-line typescript/no-misused-promises -- amqplib drops the promise, and this is how people write it.
    async (): Promise<void> => {
      count += 1;
      if (count === 2) await second.promise;
    },
    { noAck: true },
  );
  await expect.poll(() => count).toBe(2);
  expect(await receiptsOf(bench, queue)).toMatchObject({ received: [1, 2], processed: [1, 1] });
  second.resolve();
  await expect.poll(async () => (await receiptsOf(bench, queue))?.processed).toEqual([1, 2]);
});

test("with noAck a plain handler that returns a promise of which it catches the rejection is left in peace", async () => {
  const { bench, queue, connection } = await createFilled(1);
  const channel = await connection.createChannel();
  let caughtCount = 0;
  await channel.consume(
    queue,
    (): unknown => {
      const own = Promise.reject(new Error("The application's own."));
      own.catch(() => {
        caughtCount += 1;
      });
      return own;
    },
    { noAck: true },
  );
  await expect.poll(async () => (await receiptsOf(bench, queue))?.processed).toEqual([1, 1]);
  expect(caughtCount).toBe(1);
});

test("a handler that throws closes the channel just as it does bare", async () => {
  const { bench, queue, connection } = await createFilled(1);
  const bareQueue = await bench.queue();
  (await bench.bare.createChannel()).sendToQueue(bareQueue, Buffer.from("bare"));
  const errors = await Promise.all(
    [
      { channel: await connection.createChannel(), from: queue },
      { channel: await bench.bare.createChannel(), from: bareQueue },
    ].map(async ({ channel, from }) => {
      const failed = new Promise<unknown>((resolve) => channel.on("error", resolve));
      await channel.consume(from, () => {
        throw new TypeError("the handler's own");
      });
      return failed;
    }),
  );
  expect(errors[0]).toEqual(errors[1]);
  expect(errors[0]).toBeInstanceOf(TypeError);
  expect(await receiptsOf(bench, queue)).toMatchObject({ received: [1, 1], processed: [] });
});

test("get is one consumer of a channel, which the broker does not count", async () => {
  const { bench, queue, connection } = await createFilled(3);
  const channel = await connection.createChannel();
  const first = await channel.get(queue);
  const second = await channel.get(queue, { noAck: true });
  const third = await channel.get(queue);
  expect(await channel.get(queue)).toBe(false);
  if (first !== false) channel.ack(first);
  if (third !== false) channel.reject(third, false);
  expect(second !== false && second.content.toString()).toBe("1");
  expect(await receiptsOf(bench, queue)).toMatchObject({ received: [1, 3], processed: [1, 2], rejected: [3, 3] });
  const ids = [...(await bench.queueRecord(queue)).consumers.keys()];
  expect(ids).toHaveLength(1);
  expect(ids[0]).toMatch(/^get:/);
});

test("ackAll, nackAll and acks up to a message settle what every consumer of the channel holds", async () => {
  const { bench, queue, connection, publisher } = await createFilled(6);
  const other = await bench.queue();
  await fill(publisher, other, 2);
  const channel = await connection.createChannel();
  const seen = collector<ConsumeMessage>();
  await channel.prefetch(4, false);
  await channel.consume(queue, seen.add);
  await channel.consume(other, seen.add);
  await expect.poll(() => seen.messages.length).toBe(6);
  const ofQueue = seen.messages.filter(({ fields }) => fields.routingKey === queue);
  const second = ofQueue[1];
  if (second !== undefined) channel.ack(second, true);
  await expect.poll(() => seen.messages.length).toBeGreaterThanOrEqual(8);
  channel.ackAll();
  expect(await receiptsOf(bench, queue)).toMatchObject({ received: [1, 6], processed: [1, 6] });
  expect(await receiptsOf(bench, other)).toMatchObject({ received: [1, 2], processed: [1, 2] });
  await fill(publisher, queue, 2);
  await expect.poll(() => seen.messages.length).toBe(10);
  channel.nackAll(false);
  expect(await receiptsOf(bench, queue)).toMatchObject({ processed: [1, 6], rejected: [7, 8] });
});

test("after recover everything open comes again, and counts as neither processed nor published twice", async () => {
  const { bench, queue, connection } = await createFilled(3);
  const channel = await connection.createChannel();
  const seen = collector<ConsumeMessage>();
  await channel.consume(queue, seen.add);
  await expect.poll(() => seen.messages.length).toBe(3);
  await channel.recover();
  await expect.poll(() => seen.messages.length).toBe(6);
  expect(await receiptsOf(bench, queue)).toMatchObject({ received: [1, 3], processed: [], duplicate: [] });
  channel.ackAll();
  expect(await receiptsOf(bench, queue)).toMatchObject({ processed: [1, 3], duplicate: [] });
});

test("what recover gave back is not settled by a later ackAll", async () => {
  const { bench, queue, connection } = await createFilled(3);
  const channel = await connection.createChannel();
  const seen = collector<ConsumeMessage>();
  const { consumerTag } = await channel.consume(queue, seen.add);
  await expect.poll(() => seen.messages.length).toBe(3);
  await channel.cancel(consumerTag);
  await channel.recover();
  channel.ackAll();
  expect(await receiptsOf(bench, queue)).toMatchObject({ received: [1, 3], processed: [] });
  expect((await channel.checkQueue(queue)).messageCount).toBe(3);
});

test("what a lost connection held comes again elsewhere, as a redelivery", async () => {
  const { bench, queue, connection } = await createFilled(3, { "x-queue-type": "classic" });
  const first = await connection.createChannel();
  const held = collector<ConsumeMessage>();
  await first.consume(queue, held.add);
  await expect.poll(() => held.messages.length).toBe(3);
  cut(first);
  const second = await (await bench.connect()).createChannel();
  const seen = collector<ConsumeMessage>();
  await second.consume(queue, (message) => {
    seen.add(message);
    if (message !== null) second.ack(message);
  });
  await expect.poll(() => seen.messages.length).toBe(3);
  expect(seen.messages.every(({ fields }) => fields.redelivered)).toBe(true);
  expect(await receiptsOf(bench, queue)).toMatchObject({ received: [1, 3], processed: [1, 3], duplicate: [] });
  const states = [...(await bench.queueRecord(queue)).consumers.values()].map(({ state }) => state).sort();
  expect(states).toEqual(["closed", "open"]);
});

test("a copy that somebody else put into the queue was published twice", async () => {
  const { bench, queue, connection } = await createFilled(2);
  const channel = await connection.createChannel();
  const seen = collector<ConsumeMessage>();
  await channel.consume(queue, seen.add);
  await expect.poll(() => seen.messages.length).toBe(2);
  const [first] = seen.messages;
  const bare = await bench.bare.createChannel();
  bare.sendToQueue(queue, Buffer.from("copy"), { headers: { ...first?.properties.headers } });
  await expect.poll(() => seen.messages.length).toBe(3);
  channel.ackAll();
  expect(await receiptsOf(bench, queue)).toMatchObject({ received: [1, 2], processed: [1, 2], duplicate: [1, 1] });
});

test("a message that dead-lettering brings back to its queue settles its original", async () => {
  const bench = await createBench();
  const exchange = `ex-${randomUUID()}`;
  const [queue, waiting] = [`test-${randomUUID()}`, `test-${randomUUID()}`];
  await bench.queue({ deadLetterExchange: "", deadLetterRoutingKey: waiting }, queue);
  await bench.queue({ deadLetterExchange: "", deadLetterRoutingKey: queue, messageTtl: 20 }, waiting);
  const channel = await (await bench.connect()).createConfirmChannel();
  await channel.assertExchange(exchange, "direct", { durable: false, autoDelete: true });
  await channel.bindQueue(queue, exchange, "created");
  const deaths: boolean[] = [];
  await channel.consume(queue, (message) => {
    if (message === null) return;
    const isBack = message.properties.headers?.["x-death"] !== undefined;
    deaths.push(isBack);
    if (isBack) channel.ack(message);
    else channel.nack(message, false, false);
  });
  channel.publish(exchange, "created", Buffer.from("retried"));
  await expect.poll(() => deaths).toEqual([false, true]);
  const receipts = await receiptsOf(bench, queue, exchange, "created");
  expect(receipts).toMatchObject({ received: [1, 1], rejected: [1, 1], processed: [1, 1], duplicate: [] });
  expect(await receiptsOf(bench, queue)).toBeUndefined();
});

test("a dead letter in another queue is a forwarded copy, and settles nothing there", async () => {
  const bench = await createBench();
  const dead = await bench.queue();
  const queue = await bench.queue({ deadLetterExchange: "", deadLetterRoutingKey: dead });
  const channel = await (await bench.connect()).createConfirmChannel();
  channel.sendToQueue(queue, Buffer.from("refused"));
  await channel.consume(queue, (message) => void (message !== null && channel.reject(message, false)));
  const seen = collector<ConsumeMessage>();
  await channel.consume(dead, seen.add);
  await expect.poll(() => seen.messages.length).toBe(1);
  channel.ackAll();
  expect(await receiptsOf(bench, queue)).toMatchObject({ received: [1, 1], rejected: [1, 1], processed: [] });
  expect(await bench.group("", queue, dead)).toBeUndefined();
  const group = await bench.group("", dead, dead);
  expect([...(group?.members.values() ?? [])]).toMatchObject([{ totals: { forwarded: 1, received: 0 } }]);
});

test("unstamped and forwarded messages are counted, and take no part in a stream", async () => {
  const { bench, queue, connection } = await createFilled(1);
  const elsewhere = await bench.queue();
  const bare = await bench.bare.createChannel();
  const taken = await bare.get(queue, { noAck: true });
  bare.sendToQueue(elsewhere, Buffer.from("bare"));
  if (taken !== false) bare.sendToQueue(elsewhere, taken.content, { headers: { ...taken.properties.headers } });
  const channel = await connection.createChannel();
  const seen = collector<ConsumeMessage>();
  await channel.consume(elsewhere, seen.add);
  await expect.poll(() => seen.messages.length).toBe(2);
  channel.ackAll();
  await bench.client.flush();
  const group = await bench.group("", elsewhere, elsewhere);
  const totals = [...(group?.members.values() ?? [])].map((member) => member.totals);
  expect(totals).toMatchObject([{ received: 0, unstamped: 1, forwarded: 1 }]);
  expect(await bench.receipts("", elsewhere, elsewhere)).toEqual([]);
});
