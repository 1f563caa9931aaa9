import { openSender, openWorker } from "../lab/amqp-traffic.ts";
import { loseNode, queueOnLostNode } from "../lab/lost-node.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A classic queue lives on one node of three. The node dies, and its disk with it. */
export const scenario: Scenario = {
  id: "S14",
  title: "The node of a classic queue is lost with its disk",
  world: { rabbitmq: "cluster" },
  broken: {
    rule: "a queue that is no longer there took along what it held",
    file: "packages/core/src/judge-rabbitmq-gone.ts",
    from: "const isQueueGone = !reading.exists;",
    to: "const isQueueGone = false;",
  },
  async play(lab) {
    const queue = await queueOnLostNode(lab, "single", "classic");
    const shop = await openSender(lab);
    const worker = await openWorker(lab, queue);
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await worker.stop();
    const burst = await shop.send("", queue, 100);
    await lab.knows("", queue, burst.at(-1));
    lab.lostNow();
    await loseNode(lab);

    // Some seconds later the application is started again: it declares its queue on a node that lives, and goes on.
    await lab.passes(20);
    await (await lab.rabbitmq.channel()).assertQueue(queue, { durable: true });
    const next = await openWorker(lab, queue, { base: "worker-2" });
    const after = await shop.send("", queue, 20);
    await lab.until("what came after to be worked", () => after.every((name) => next.handled.has(name)));

    const lost = burst.filter((name) => !next.handled.has(name));
    lab.check("nothing of the burst came again", () => lost.length === burst.length);
    return { lost, says: [{ state: "confirmed", verdict: "store.dropped", group: queue, names: lost }] };
  },
};
