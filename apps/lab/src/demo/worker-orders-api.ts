// An order service: four parallel loops that send 30 keyed messages each, acknowledged by all replicas in sync.
import { setTimeout as delay } from "node:timers/promises";
import { AckMissingError } from "@seqwatch/kafkajs";
import { connectKafka } from "./clients.ts";
import type { Order } from "./news.ts";
import { nameOf, parseName, SpanGatherer } from "./span.ts";
import { ordersTopic } from "./traffic.ts";
import { setting, tell, work } from "./worker.ts";

const loopCount = 4;
const messagesPerSend = 30;
const customerCount = 997;

const source = setting("LAB_SOURCE");
/** The messages whose name Seqwatch asked for: those that it stamped. */
const stamped = new Set<string>();
const kafka = connectKafka("orders-api", (name) => {
  stamped.add(name);
  return name;
});
const producer = kafka.producer({ allowAutoTopicCreation: false });
let nextNumber = 0;
let everyMs = 20;
const stopping = new AbortController();
const loops: Promise<void>[] = [];

work(async (order: Order) => {
  if (order.kind === "start") for (let loop = 0; loop < loopCount; loop += 1) loops.push(keepSending());
  if (order.kind === "pace") everyMs = order.everyMs;
  if (order.kind !== "rest" && order.kind !== "stop") return;
  stopping.abort();
  await Promise.all(loops);
  if (order.kind === "stop") await producer.disconnect();
});
await producer.connect();
tell({ kind: "ready" });

async function keepSending(): Promise<void> {
  while (!stopping.signal.aborted) {
    await sendSome();
    await delay(everyMs);
  }
}

async function sendSome(): Promise<void> {
  const first = nextNumber;
  nextNumber += messagesPerSend;
  const numbers = Array.from({ length: messagesPerSend }, (_, index) => first + index);
  const messages = numbers.map((number) => ({
    key: `customer-${number % customerCount}`,
    value: nameOf({ source, number }),
  }));
  const refused = await send(messages);
  const atMs = Date.now();
  tellSpans(
    numbers,
    (number) => !refused.has(number),
    (span) => tell({ kind: "sent", outcome: "accepted", atMs, ...span }),
  );
  tellSpans(
    numbers,
    (number) => refused.has(number),
    (span) => tell({ kind: "sent", outcome: "rejected", atMs, ...span }),
  );
  tellSpans(
    numbers,
    (number) => !stamped.delete(nameOf({ source, number })),
    (span) => tell({ kind: "unaudited", ...span }),
  );
}

/** Sends, and says of which messages the application was told that they may not be there. */
async function send(messages: { key: string; value: string }[]): Promise<ReadonlySet<number>> {
  try {
    await producer.send({ topic: ordersTopic, acks: -1, messages });
    return new Set();
  } catch (error) {
    const refused = error instanceof AckMissingError ? error.messages.map(({ message }) => message) : messages;
    return new Set(refused.flatMap(({ value }) => parseName(String(value))?.number ?? []));
  }
}

function tellSpans(
  numbers: readonly number[],
  holds: (number: number) => boolean,
  say: (span: { source: string; first: number; last: number }) => void,
): void {
  const spans = new SpanGatherer();
  for (const number of numbers) if (holds(number)) spans.add({ source, number });
  for (const span of spans.take()) say(span);
}
