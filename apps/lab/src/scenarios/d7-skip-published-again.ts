import { hasAll } from "../lab/amqp-traffic.ts";
import { openDeafRoad } from "../lab/deaf-road.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/**
 * With onDuplicate "skip": what a connection manager published again is worked once. What the application could not work
 * and put aside, headers and all, is worked when an operator moves it back.
 */
export const scenario: Scenario = {
  id: "D7.rabbitmq",
  title: "onDuplicate: skip, with messages published again, and some put back by an operator",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "the same copy of a message, come again, was put back by somebody who wants it worked",
    file: "packages/amqplib/src/duplicate-guard.ts",
    from: "return known?.digest === digest && !known.copies.has(copy);",
    to: "return known?.digest === digest;",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("orders");
    const errors = await lab.rabbitmq.queue("errors");
    const road = await openDeafRoad(lab.rabbitmq.url);
    lab.afterwards(road.close);
    const shop = lab.service("shop");
    const channel = await (await shop.amqp({}, road.url)).createConfirmChannel();
    channel.on("error", () => undefined);
    const names = shop.names("", queue, 20);
    const letters = names.map((name) => ({ content: Buffer.from(name), options: { persistent: true } }));
    road.swallowAnswers();
    for (const { content, options } of letters) channel.publish("", queue, content, options);
    await lab.until("the broker to have them", async () => (await lab.rabbitmq.count(queue)) === names.length);
    const closed = new Promise<void>((resolve) => channel.once("close", () => resolve()));
    road.cut();
    await closed;
    const again = await (await shop.amqp({})).createConfirmChannel();
    for (const { content, options } of letters) again.publish("", queue, content, options);
    await again.waitForConfirms();

    const operator = await lab.rabbitmq.channel();
    const broken = new Set(names.slice(0, 5));
    const runs: string[] = [];
    const handled = new Set<string>();
    const worker = await (await lab.service("worker").amqp({ onDuplicate: "skip" })).createChannel();
    await worker.consume(queue, (message) => {
      if (message === null) return;
      const name = message.content.toString();
      runs.push(name);
      if (broken.has(name)) operator.sendToQueue(errors, message.content, { ...message.properties });
      else handled.add(name);
      worker.ack(message);
    });
    const isAside = async () => (await lab.rabbitmq.count(errors)) === broken.size;
    await lab.until("the broken ones to be put aside", isAside);
    await lab.until("the rest to be worked", () => handled.size === names.length - broken.size);
    await lab.until("both copies to be gone", async () => (await lab.rabbitmq.count(queue)) === 0);
    if (runs.length !== names.length)
      throw new Error(`The handler ran ${runs.length} times for ${names.length} messages.`);

    const count = broken.size;
    broken.clear();
    for (let moved = 0; moved < count; moved++) {
      const letter = await operator.get(errors, { noAck: true });
      if (letter === false) throw new Error("A message is missing.");
      operator.sendToQueue(queue, letter.content, { ...letter.properties });
    }
    await lab.until("what came back to be worked", () => hasAll(names, handled));
    lab.check("each second copy was left out, and nothing else", async () => {
      const { processed, skipped } = await repeatsOf(lab, "", queue);
      return processed === names.length && skipped === names.length && runs.length === names.length + count;
    });
    return { lost: [], says: [] };
  },
};
