import type { ConfirmChannel } from "amqplib";
import { type Bench, createBench } from "./harness.ts";

/** A watched process with a queue in which so many stamped messages lie. */
export async function createFilled(count: number, queueArguments: object = {}) {
  const bench = await createBench();
  const queue = await bench.queue({ arguments: queueArguments });
  const connection = await bench.connect();
  const publisher = await connection.createConfirmChannel();
  await fill(publisher, queue, count);
  return { bench, queue, connection, publisher };
}

export async function fill(publisher: ConfirmChannel, queue: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++) publisher.sendToQueue(queue, Buffer.from(`${index}`));
  await publisher.waitForConfirms();
}

/** The receipts of a queue for its own lane (default exchange) or another, once everything was reported. */
export async function receiptsOf(bench: Bench, queue: string, exchange = "", key = queue) {
  await bench.client.flush();
  const [receipts] = await bench.receipts(exchange, key, queue);
  return receipts;
}
