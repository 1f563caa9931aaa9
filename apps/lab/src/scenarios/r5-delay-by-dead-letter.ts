import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A delay as it is made without a plugin: a queue that nobody reads, whose messages expire into the queue of the work. */
export const scenario: Scenario = {
  id: "R5",
  title: "Messages are delayed by a queue that they leave through its dead-letter exchange",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a dead letter that is met settles the case of the message that died",
    file: "packages/amqplib/src/queue-consumer.ts",
    from: "of deathsOf(headers, {",
    to: "of deathsOf(undefined, {",
  },
  async play(lab) {
    const due = await lab.rabbitmq.queue("due");
    const delay = await lab.rabbitmq.queue("delay", {
      messageTtl: 1_000,
      deadLetterExchange: "",
      deadLetterRoutingKey: due,
    });
    const shop = await openSender(lab);
    const worker = await openWorker(lab, due);
    await lab.established("", delay, async () => await shop.send("", delay, 1));
    const burst = await shop.send("", delay, 200);
    await lab.until("all to come when they are due", () => hasAll(burst, worker.handled));
    return { lost: [], says: [{ state: "explained", verdict: "store.dead-lettered", group: delay, names: burst }] };
  },
};
