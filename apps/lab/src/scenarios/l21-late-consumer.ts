import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A queue fills for a while before its first consumer comes; another comes later and takes its part. */
export const scenario: Scenario = {
  id: "L21",
  title: "The first consumer of a queue comes long after its messages",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "what still waits in the queue is pending, however long it waits",
    file: "packages/core/src/judge-rabbitmq-cohorts.ts",
    from: "const hasPassed = seen.isEmptied || facts.firstDelivered > seen.above;",
    to: "const hasPassed = true;",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("patient");
    const shop = await openSender(lab);
    // Only a queue that is watched, and expects the stream, could be taken for one that has passed it.
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    const early = await shop.send("", queue, 200);
    await lab.knows("", queue, early.at(-1));
    await lab.passes(12);
    const first = await openWorker(lab, queue, { base: "worker-1", prefetch: 10 });
    await lab.until("the early ones to be worked", () => hasAll(early, first.handled));
    const second = await openWorker(lab, queue, { base: "worker-2", prefetch: 10 });
    const later = await shop.send("", queue, 200);
    await lab.until("the rest to be worked", () => hasAll(later, first.handled, second.handled));
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await first.stop();
    const last = await shop.send("", queue, 50);
    await lab.until("the end to be worked", () => hasAll(last, second.handled));
    return { lost: [], says: [] };
  },
};
