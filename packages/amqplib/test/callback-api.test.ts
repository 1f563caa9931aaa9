import amqplib, { type Channel, type ConfirmChannel, type Connection, type Message } from "amqplib/callback_api";
import { expect, inject, onTestFinished, test } from "vitest";
import { createBench } from "./harness.ts";

function connect(): Promise<Connection> {
  return new Promise((resolve, reject) => {
    amqplib.connect(inject("amqpUrl"), (error: unknown, model: Connection) => {
      if (error) reject(error);
      else resolve(model);
    });
  });
}

/** The first answer of a call that takes a callback. */
function answerOf<Value>(call: (callback: (error: unknown, value: Value) => void) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error) reject(error);
      else resolve(value);
    });
  });
}

test("the callback API is watched as the promise API is: publish, consume, get, cancel, close", async () => {
  const bench = await createBench();
  const queue = await bench.queue();
  const model = bench.watch.connection(await connect());
  const channel = await answerOf<ConfirmChannel>((callback) => void model.createConfirmChannel(callback));
  const outcomes: unknown[] = [];
  for (const text of ["1", "2", "3"])
    channel.sendToQueue(queue, Buffer.from(text), {}, (error) => void outcomes.push(error));
  await answerOf<void>((callback) => channel.waitForConfirms((error) => callback(error)));
  expect(outcomes).toEqual([null, null, null]);
  const seen: Message[] = [];
  const taken = await answerOf<Message | false>((callback) => channel.get(queue, {}, callback));
  expect(taken).toMatchObject({ fields: { redelivered: false } });
  if (taken !== false) channel.nack(taken);
  const { consumerTag } = await answerOf<{ consumerTag: string }>((callback) => {
    const handler = (message: Message | null) => {
      if (message === null) return;
      seen.push(message);
      channel.ack(message);
    };
    expect(channel.consume(queue, handler, {}, callback)).toBe(channel);
  });
  await expect.poll(() => seen.length).toBe(3);
  channel.cancel(consumerTag);
  const stateOf = async () =>
    [...(await bench.queueRecord(queue)).consumers].map(([id, { state }]) => [id.slice(0, 4), state]);
  await expect.poll(async () => (await stateOf()).map(([, state]) => state)).toEqual(["open", "closed"]);
  await answerOf<void>((callback) => model.close(callback));
  expect(await bench.ledgers("", queue)).toMatchObject([{ assigned: 3, ended: 3, acked: [1, 3] }]);
  expect(await bench.receipts("", queue, queue)).toMatchObject([
    { received: [1, 3], processed: [1, 3], duplicate: [], rejected: [] },
  ]);
  expect((await stateOf()).map(([, state]) => state)).toEqual(["closed", "closed"]);
});

test("a channel of the callback API is watched from the moment that it is handed out", async () => {
  const bench = await createBench();
  const queue = await bench.queue();
  const model = bench.watch.connection(await connect());
  onTestFinished(() => model.close());
  const opened = answerOf<unknown>((callback) => {
    const channel = model.createChannel(callback);
    expect(Object.hasOwn(channel ?? {}, "publish")).toBe(true);
  });
  const channel = await opened;
  expect(Object.hasOwn(Object(channel), "publish")).toBe(true);
  Reflect.apply(Reflect.get(Object(channel), "sendToQueue"), channel, [queue, Buffer.from("1")]);
  await expect.poll(async () => (await bench.ledgers("", queue))[0]?.told).toEqual([1, 1]);
});

test("calls without a callback stay possible, and a missing queue fails as it does bare", async () => {
  const bench = await createBench();
  const queue = await bench.queue();
  const failures = await Promise.all(
    [bench.watch.connection(await connect()), await connect()].map(async (model) => {
      onTestFinished(() => model.close());
      const channel = await answerOf<Channel>((callback) => void model.createChannel(callback));
      channel.on("error", () => {});
      channel.assertQueue(queue, { durable: false });
      channel.bindQueue(queue, "amq.direct", "key");
      channel.recover();
      return answerOf<unknown>((callback) => channel.consume(`no-${queue}`, () => {}, {}, callback)).catch(
        (error: unknown) => error,
      );
    }),
  );
  expect(failures[0]).toBeInstanceOf(Error);
  expect(failures[0]).toEqual(failures[1]);
  await expect
    .poll(async () => [...(await bench.queueRecord(`no-${queue}`)).consumers.values()])
    .toMatchObject([{ state: "closed", deliveries: 0 }]);
});
