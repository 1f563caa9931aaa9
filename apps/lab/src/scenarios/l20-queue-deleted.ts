import { openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** An operator deletes a queue in which messages wait. Nobody declares it again. */
export const scenario: Scenario = {
  id: "L20",
  title: "A queue is deleted for good: what waited in it is reported once",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a queue that is no longer there took along what it held",
    file: "packages/core/src/judge-rabbitmq-gone.ts",
    from: "const isQueueGone = !reading.exists;",
    to: "const isQueueGone = false;",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("retired");
    const shop = await openSender(lab);
    const worker = await openWorker(lab, queue);
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await worker.stop();
    const waiting = await shop.send("", queue, 80);
    await lab.knows("", queue, waiting.at(-1));
    await (await lab.rabbitmq.channel()).deleteQueue(queue);
    lab.lostNow();

    return {
      lost: waiting,
      says: [{ state: "confirmed", verdict: "store.dropped", group: queue, names: waiting }],
    };
  },
};
