import type { ConsumeMessage } from "amqplib";
import { expect, test } from "vitest";
import { messageKey, track } from "../src/index.ts";
import { type Bench, collector, createBench } from "./harness.ts";

/** A queue with one message in it, and what an unaudited reader saw of that. */
async function withOneMessage(bench: Bench) {
  const queue = await bench.queue();
  const channel = await (await bench.connect()).createConfirmChannel();
  channel.sendToQueue(queue, Buffer.from("order 1"));
  await channel.waitForConfirms();
  return { queue, channel };
}

async function processedIn(bench: Bench, queue: string) {
  await bench.client.flush();
  return (await bench.receipts("", queue, queue))[0]?.processed;
}

test("a message that is acked is processed only when the work that goes on is over", async () => {
  const bench = await createBench();
  const { queue, channel } = await withOneMessage(bench);
  const work = Promise.withResolvers<void>();
  const seen = collector<ConsumeMessage>();
  await channel.consume(queue, (message) => {
    if (message === null) return;
    void track(message, work.promise);
    channel.ack(message);
    seen.add(message);
  });
  await expect.poll(() => seen.messages.length).toBe(1);
  expect(await processedIn(bench, queue)).toEqual([]);
  work.resolve();
  await expect.poll(() => processedIn(bench, queue)).toEqual([1, 1]);
});

test("work that fails after the ack leaves the message unprocessed, without acks as well", async () => {
  const bench = await createBench();
  const { queue, channel } = await withOneMessage(bench);
  const seen = collector<ConsumeMessage>();
  const work = Promise.withResolvers<void>();
  await channel.consume(
    queue,
    (message) => {
      if (message === null) return;
      track(message, work.promise).catch(() => {});
      seen.add(message);
    },
    { noAck: true },
  );
  await expect.poll(() => seen.messages.length).toBe(1);
  work.reject(new Error("no invoice"));
  await expect.poll(() => bench.receipts("", queue, queue)).toMatchObject([{ received: [1, 1], processed: [] }]);
});

test("every copy of a message has the same key, and no other message has it", async () => {
  const bench = await createBench();
  const { queue, channel } = await withOneMessage(bench);
  channel.sendToQueue(queue, Buffer.from("order 1"));
  await channel.waitForConfirms();
  const seen = collector<ConsumeMessage>();
  const { consumerTag } = await channel.consume(queue, seen.add);
  await expect.poll(() => seen.messages.length).toBe(2);
  await channel.cancel(consumerTag);
  for (const message of seen.messages) channel.nack(message);
  const again = collector<ConsumeMessage>();
  await channel.consume(queue, again.add, { noAck: true });
  await expect.poll(() => again.messages.length).toBe(2);
  const keys = seen.messages.map(messageKey);
  expect(new Set(keys).size).toBe(2);
  expect(again.messages.map(messageKey)).toEqual(keys);
});

test("with onDuplicate skip the handler runs once for its producer's two copies, and for whatever was copied by others", async () => {
  const bench = await createBench({ onDuplicate: "skip" });
  const { queue, channel } = await withOneMessage(bench);
  const bare = await bench.bare.createChannel();
  const handled: string[] = [];
  await channel.consume(queue, (message) => {
    if (message === null) return;
    handled.push(message.content.toString());
    channel.ack(message);
    if (handled.length > 1) return;
    const { headers } = message.properties;
    bare.sendToQueue(queue, message.content, { headers: { ...headers, "seqwatch-copy": "2" } });
    bare.sendToQueue(queue, Buffer.from("forged"), { headers });
    bare.sendToQueue(queue, message.content, { headers });
  });
  await expect.poll(() => handled).toEqual(["order 1", "forged", "order 1"]);
  await expect.poll(async () => (await bare.checkQueue(queue)).messageCount).toBe(0);
  const totals = async () => {
    await bench.client.flush();
    return [...((await bench.group("", queue, queue))?.members.values() ?? [])].map((member) => member.totals.skipped);
  };
  await expect.poll(totals).toEqual([1]);
});
