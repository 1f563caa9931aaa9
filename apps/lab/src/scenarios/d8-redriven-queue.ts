import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/** An operator moves dead letters back into the queue that they died in, headers and all, as a shovel does. */
export const scenario: Scenario = {
  id: "D8.rabbitmq",
  title: "An operator sends dead letters back to their queue with a shovel",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a letter that comes back to the queue it died in is the message it was",
    file: "packages/amqplib/src/origin.ts",
    from: 'if (!isObject(death) || death["queue"] !== at.queue) continue;',
    to: "continue;",
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("orders");
    const letters = await lab.rabbitmq.queue("letters");
    const queue = await lab.rabbitmq.queue("picky", {
      bindTo: exchange,
      keys: ["created"],
      deadLetterExchange: "",
      deadLetterRoutingKey: letters,
    });
    const shop = await openSender(lab);
    const refused = new Set<string>();
    const worker = await openWorker(lab, queue, { decide: (name) => (refused.has(name) ? "reject" : "ack") });
    await lab.established(exchange, "created", async () => await shop.send(exchange, "created", 1));
    const names = shop.service.names(exchange, "created", 30);
    for (const name of names) refused.add(name);
    for (const name of names) shop.channel.publish(exchange, "created", Buffer.from(name), { persistent: true });
    await lab.until("all to be letters", async () => (await lab.rabbitmq.count(letters)) === names.length);
    refused.clear();

    const shovel = await lab.rabbitmq.channel();
    for (let moved = 0; moved < names.length; moved++) {
      const letter = await shovel.get(letters, { noAck: true });
      if (letter === false) throw new Error("A letter is missing.");
      shovel.sendToQueue(queue, letter.content, { ...letter.properties });
    }
    await lab.until("all of them to be worked", () => hasAll(names, worker.handled));
    lab.check("they are counted as redriven, and not as published twice", async () => {
      const { redriven, producedTwice } = await repeatsOf(lab, exchange, queue);
      return redriven === names.length && producedTwice === 0;
    });
    return { lost: [], says: [] };
  },
};
