import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import { loseNode, queueOnLostNode } from "../lab/lost-node.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A quorum queue has a copy on each of three nodes. The one that leads dies, and its disk with it. */
export const scenario: Scenario = {
  id: "S14.quorum",
  title: "The leading node of a quorum queue is lost with its disk: nothing is lost",
  world: { rabbitmq: "cluster" },
  broken: {
    rule: "what still waits in the queue is pending, however long it waits",
    file: "packages/core/src/judge-rabbitmq-cohorts.ts",
    from: "const hasPassed = seen.isEmptied || facts.firstDelivered > seen.above;",
    to: "const hasPassed = true;",
  },
  async play(lab) {
    const queue = await queueOnLostNode(lab, "copied", "quorum");
    const shop = await openSender(lab);
    const worker = await openWorker(lab, queue, { prefetch: 10 });
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await worker.stop();
    const waiting = await shop.send("", queue, 100);
    await lab.knows("", queue, waiting.at(-1));
    await loseNode(lab);

    const after = await shop.send("", queue, 100);
    await lab.passes(6);
    const next = await openWorker(lab, queue, { base: "worker-2", prefetch: 10 });
    await lab.until("all to be worked", () => hasAll([...waiting, ...after], next.handled));
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    return { lost: [], says: [] };
  },
};
