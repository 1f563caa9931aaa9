import { openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A queue that is not durable goes with its broker, and so do persistent messages in it. */
export const scenario: Scenario = {
  id: "S6.queue",
  title: "The broker restarts: a queue that is not durable is gone with all that it held",
  world: { rabbitmq: "alone" },
  broken: {
    rule: "a queue that is not durable keeps nothing over a restart",
    file: "apps/auditor/src/evidence/rabbitmq-limits.ts",
    from: 'return durable ? "persistent" : "none";',
    to: 'return "all";',
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("fleeting", { durable: false });
    const shop = await openSender(lab);
    const worker = await openWorker(lab, queue);
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await worker.stop();
    const waiting = await shop.send("", queue, 50);
    await lab.knows("", queue, waiting.at(-1));
    await lab.passes(3);
    await lab.rabbitmqServer.stop();
    lab.lostNow();
    await lab.rabbitmqServer.start();
    await lab.rabbitmq.queue("fleeting", { durable: false });

    lab.check("nothing is left of them", async () => (await lab.rabbitmq.count(queue)) === 0);
    return {
      lost: waiting,
      says: [{ state: "confirmed", verdict: "store.restarted", group: queue, names: waiting }],
    };
  },
};
