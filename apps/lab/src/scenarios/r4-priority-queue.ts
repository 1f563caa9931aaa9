import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** In a priority queue later messages overtake earlier ones: that one was delivered says nothing of those before it. */
export const scenario: Scenario = {
  id: "R4",
  title: "A priority queue: order proves nothing, and nothing is called lost that was overtaken",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a queue with priorities is not first in, first out",
    file: "apps/auditor/src/evidence/rabbitmq.ts",
    from: ' && given["x-max-priority"] === undefined',
    to: "",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("ranked", { maxPriority: 5 });
    const shop = await openSender(lab);
    const first = await openWorker(lab, queue, { base: "worker-1" });
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await first.stop();
    const low = await shop.send("", queue, 50, { priority: 0 });
    await lab.knows("", queue, low.at(-1));
    const high = await shop.send("", queue, 50, { priority: 5 });
    // It works the high ones and gets stuck at the first of the low ones; the others wait.
    const stuck = await openWorker(lab, queue, {
      base: "worker-2",
      prefetch: 1,
      decide: (name) => (low.includes(name) ? "keep" : "ack"),
    });
    await lab.until("the high ones to be worked", () => hasAll(high, stuck.handled));
    await lab.rested();
    await lab.rested();
    await stuck.channel.close();
    const last = await openWorker(lab, queue, { base: "worker-3" });
    await lab.until("the low ones to be worked", () => hasAll(low, last.handled));
    return { lost: [], says: [] };
  },
};
