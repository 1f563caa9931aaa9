import { createClient } from "@seqwatch/client";
import { createMemoryStore, type Store } from "@seqwatch/core";
import { createAmqpWatch } from "../src/watch-amqp.ts";
import { FakeConnection, FakeHost } from "./fakes.ts";

/*
 * A process of its own, for the heap's sake: ten minutes of traffic in simulated time with a store that is dead, and then
 * what that holds. Both sides in one process: it publishes, and consumes what it published. Prints the bytes.
 */
const isFaulty = process.argv[2] === "faulty";
const keyCount = Number(process.argv[3]);
const rounds = 20;
const roundMs = 30_000;

const host = new FakeHost();
const observer = { finding: () => {}, notice: () => {} };
const client = createClient({ service: "probe", host, cluster: "shop", store: deadStore(), observer });
const channel = await createAmqpWatch({ client, vhost: "/" }).connection(new FakeConnection()).createConfirmChannel();
await channel.consume("queue", () => {});
let tag = 0;
await pass("warm");
const before = heapBytes();
for (let round = 0; round < rounds; round += 1) await pass("orders");
process.stdout.write(`${heapBytes() - before}`);
process.exit(0);

/** A message a key; with faults every second one is refused, and every third one is put back. */
async function pass(exchange: string): Promise<void> {
  const content = Buffer.from("v");
  for (let key = 0; key < keyCount; key += 1) {
    tag += 1;
    channel.publish(exchange, `key-${key}`, content);
    channel.emit(isFaulty && tag % 2 === 0 ? "nack" : "ack", { deliveryTag: tag, multiple: false });
    const message = channel.deliver(channel.published.length - 1);
    if (!isFaulty || tag % 3 > 0) channel.ack(message);
  }
  channel.published.length = 0;
  channel.settled.length = 0;
  await host.pass(roundMs);
}

function deadStore(): Store {
  const refuse = () => Promise.reject(new Error("The store is dead."));
  return new Proxy(createMemoryStore(), {
    get: (target, name) => {
      if (name === "kind") return target.kind;
      return name === "watchSwitch" ? () => () => {} : refuse;
    },
  });
}

function heapBytes(): number {
  for (let round = 0; round < 4; round += 1) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
