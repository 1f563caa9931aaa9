import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/**
 * A worker forwards what it cannot do to a dead-letter topic: once by a bare producer, once by a watched one. An operator
 * mends the cause and sends the dead letters back with their headers, by a tool that knows nothing of Seqwatch.
 */
export const scenario: Scenario = {
  id: "D8",
  title: "An operator sends dead letters back with their headers kept: redriven, and never skipped",
  world: { kafka: "shared" },
  broken: {
    rule: "a copy that its producer did not store itself is never skipped",
    file: "packages/kafkajs/src/duplicate-guard.ts",
    from: "return contains(ledger.retried, sequence) && offset <= acked;",
    to: "return true;",
    mayThrow: "in vain for each dead letter to be worked",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const letters = await lab.kafka.topic("dead-letters");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const kafka = lab.service("worker").kafka({ onDuplicate: "skip" });
    const bare = lab.kafka.bare();
    const forwarders = [bare.producer(), kafka.producer()];
    for (const forwarder of forwarders) await forwarder.connect();
    lab.afterwards(async () => void (await Promise.all(forwarders.map((forwarder) => forwarder.disconnect()))));

    let isMended = false;
    const done: string[] = [];
    const dead: string[] = [];
    await consume(lab, kafka, {
      group,
      topic,
      eachMessage: async ({ message: { key, value, headers = {} } }) => {
        const name = nameIn({ value });
        if (isMended || Number(name.split("|").at(-1)) % 5 !== 0) {
          done.push(name);
          return;
        }
        const forwarder = forwarders[dead.length % 2];
        dead.push(name);
        await forwarder?.send({ topic: letters, messages: [{ key, value, headers }] });
      },
    });
    const names = await orders.send(topic, 30);
    await lab.until("everything to be worked or dead", () => done.length + dead.length === names.length);

    isMended = true;
    const tool = bare.producer();
    await tool.connect();
    await consume(lab, bare, {
      group: lab.name("redrive"),
      topic: letters,
      eachMessage: async ({ message: { key, value, headers = {} } }) => {
        await tool.send({ topic, messages: [{ key, value, headers, partition: 0 }] });
      },
    });
    await lab.until("each dead letter to be worked", () => dead.every((name) => done.includes(name)));
    lab.afterwards(async () => await tool.disconnect());
    if (done.length !== names.length) throw new Error(`${done.length} messages were worked, not ${names.length}.`);
    lab.check("each of them is counted as redriven, and nothing as produced twice or skipped", async () => {
      const { processed, redriven, producedTwice, redelivered, skipped } = await repeatsOf(lab, topic, group);
      const others = producedTwice + redelivered + skipped;
      return processed === names.length && redriven === dead.length && others === 0;
    });
    return { lost: [], says: [] };
  },
};
