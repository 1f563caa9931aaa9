// A service that works one queue of payments. With LAB_NO_ACK=1 the broker forgets a message as soon as it is on its way.
import { setTimeout as delay } from "node:timers/promises";
import type { ConsumeMessage } from "amqplib";
import { connectAmqp } from "./clients.ts";
import type { Order } from "./news.ts";
import { type MessageName, parseName, SpanGatherer } from "./span.ts";
import { prefetchCount } from "./traffic.ts";
import { setting, tell, work } from "./worker.ts";

const tellEveryMs = 100;
const consumerTag = `worker-${process.pid}`;

const queue = setting("LAB_QUEUE");
const noAck = process.env["LAB_NO_ACK"] === "1";
const connection = await connectAmqp(`${queue}-worker`);
const channel = await connection.createChannel();
const processed = new SpanGatherer();
const heldNames = new SpanGatherer();
let isHolding = false;
/** Resolves when the worker may go on working; undefined while it does. */
let pause: PromiseWithResolvers<void> | undefined;
const inWork = new Set<MessageName>();
const timer = setInterval(tellProgress, tellEveryMs);

work(async (order: Order) => {
  switch (order.kind) {
    case "pause":
      pause ??= Promise.withResolvers();
      return;
    case "resume":
      pause?.resolve();
      pause = undefined;
      return;
    case "hold":
      isHolding = true;
      return;
    case "stop":
      await rest();
      clearInterval(timer);
      await channel.close();
      return await connection.close();
    case "start":
    case "publish":
    case "hush":
    case "go-on":
    case "pace":
    case "rest":
      return;
  }
});
await channel.prefetch(prefetchCount);
await consume();
tell({ kind: "ready" });

async function consume(): Promise<void> {
  // oxlint-disable-next-line typescript/no-misused-promises -- amqplib drops the promise, and this is how people write it.
  await channel.consume(queue, handle, { noAck, consumerTag });
}

/** Takes no more, and lets what is being worked come to its end. */
async function rest(): Promise<void> {
  await channel.cancel(consumerTag);
  while (inWork.size > 0) await delay(10);
  tellProgress();
}

async function handle(message: ConsumeMessage | null): Promise<void> {
  const name = message === null ? undefined : parseName(message.content.toString());
  if (message === null || name === undefined) return;
  if (isHolding) return await hold(name);
  inWork.add(name);
  await (pause?.promise ?? delay(1));
  processed.add(name);
  if (!noAck) channel.ack(message);
  inWork.delete(name);
}

/** A handler that begins and does not end. */
async function hold(name: MessageName): Promise<void> {
  heldNames.add(name);
  await new Promise(() => undefined);
}

function tellProgress(): void {
  const done = processed.take();
  if (done.length > 0) tell({ kind: "processed", spans: done });
  const held = heldNames.take();
  if (held.length > 0) tell({ kind: "held", spans: held });
}
