import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The application says no, and no dead-letter exchange is there: the broker throws the message away. */
export const scenario: Scenario = {
  id: "C7",
  title: "The application rejects messages without asking for them again",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a rejection without requeue is the application's own disposition",
    file: "packages/amqplib/src/watch-channel.ts",
    from: 'return requeue === undefined || Boolean(requeue) ? "requeued" : "rejected";',
    to: 'return "requeued";',
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("picky");
    const shop = await openSender(lab);
    const refused = new Set<string>();
    const worker = await openWorker(lab, queue, { decide: (name) => (refused.has(name) ? "reject" : "ack") });
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    const names = shop.service.names("", queue, 60);
    for (const [index, name] of names.entries()) if (index % 4 === 0) refused.add(name);
    for (const name of names) shop.channel.sendToQueue(queue, Buffer.from(name), { persistent: true });
    await lab.until("all to be decided", () => hasAll(names, worker.received));

    return { lost: [], says: [{ state: "explained", verdict: "consume.rejected", group: queue, names: refused }] };
  },
};
