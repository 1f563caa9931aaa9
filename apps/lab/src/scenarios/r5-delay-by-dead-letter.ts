import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A delay as it is made without a plugin: a queue that nobody reads, whose messages expire into the queue of the work. */
export const scenario: Scenario = {
  id: "R5",
  title: "Messages are delayed by a queue that they leave through its dead-letter exchange",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a queue with a lifetime and a dead-letter exchange may have passed its messages on",
    file: "apps/auditor/src/evidence/rabbitmq-limits.ts",
    from: "    deadLetters,\n",
    to: "    deadLetters: false,\n",
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
    return { lost: [], says: [] };
  },
};
