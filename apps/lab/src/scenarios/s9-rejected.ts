import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The application rejects every third message; a dead-letter queue takes them. */
export const scenario: Scenario = {
  id: "S9.reject",
  title: "Rejected messages go to a dead-letter queue that somebody reads",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "what was rejected and met as a dead letter is called dead-lettered",
    file: "packages/core/src/judge-rabbitmq-settled.ts",
    from: 'explained("store.dead-lettered",',
    to: 'explained("consume.rejected",',
  },
  async play(lab) {
    const letters = await lab.rabbitmq.queue("letters");
    const queue = await lab.rabbitmq.queue("picky", { deadLetterExchange: "", deadLetterRoutingKey: letters });
    const shop = await openSender(lab);
    const refused = new Set<string>();
    const clerk = await openWorker(lab, letters, { base: "clerk" });
    const worker = await openWorker(lab, queue, { decide: (name) => (refused.has(name) ? "reject" : "ack") });
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    const names = shop.service.names("", queue, 60);
    for (const [index, name] of names.entries()) if (index % 3 === 0) refused.add(name);
    for (const name of names) shop.channel.sendToQueue(queue, Buffer.from(name), { persistent: true });
    await lab.until("all to be worked or looked after", () => hasAll(names, worker.handled, clerk.handled));

    return {
      lost: [],
      says: [{ state: "explained", verdict: "store.dead-lettered", group: queue, names: refused }],
    };
  },
};
