import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The same with a dead-letter exchange: what is given back too often ends in a queue that somebody looks after. */
export const scenario: Scenario = {
  id: "R7.letters",
  title: "A quorum queue dead-letters what was given back too often",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a dead letter that is met settles the case of the message that died",
    file: "packages/amqplib/src/queue-consumer.ts",
    from: "of deathsOf(headers, {",
    to: "of deathsOf(undefined, {",
  },
  async play(lab) {
    const letters = await lab.rabbitmq.queue("letters");
    const queue = await lab.rabbitmq.queue("patient", {
      deadLetterExchange: "",
      deadLetterRoutingKey: letters,
      arguments: { "x-queue-type": "quorum", "x-delivery-limit": 3 },
    });
    const shop = await openSender(lab);
    const poison = new Set<string>();
    const clerk = await openWorker(lab, letters, { base: "clerk" });
    const worker = await openWorker(lab, queue, {
      prefetch: 5,
      decide: (name) => (poison.has(name) ? "requeue" : "ack"),
    });
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    const bad = shop.service.names("", queue, 5);
    for (const name of bad) poison.add(name);
    for (const name of bad) shop.channel.sendToQueue(queue, Buffer.from(name), { persistent: true });
    await shop.channel.waitForConfirms();
    const good = await shop.send("", queue, 100);
    await lab.until("all to be worked or looked after", () => hasAll([...good, ...bad], worker.handled, clerk.handled));
    await worker.stop();

    lab.check("the bad ones are with the clerk", () => hasAll(bad, clerk.handled));
    return { lost: [], says: [{ state: "explained", verdict: "store.dead-lettered", group: queue, names: bad }] };
  },
};
