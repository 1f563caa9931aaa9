import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** An operator empties a queue by the management page. */
export const scenario: Scenario = {
  id: "S10.purged",
  title: "An operator purges a queue with messages in it",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a queue that was seen empty has passed what it held",
    file: "packages/core/src/judge-rabbitmq-cohorts.ts",
    from: "if (reading?.ready !== 0 || reading.unacked !== 0) return false;",
    to: "if (reading !== undefined) return false;",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("purged");
    const shop = await openSender(lab);
    const worker = await openWorker(lab, queue);
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await worker.stop();
    const lost = await shop.send("", queue, 70);
    await lab.knows("", queue, lost.at(-1));
    await lab.rabbitmq.manage("DELETE", `/queues/%2F/${encodeURIComponent(queue)}/contents`);
    lab.tailLostNow();

    lab.check("nothing is left", async () => (await lab.rabbitmq.count(queue)) === 0);
    lab.check("nobody got any of them", () => !hasAll(lost.slice(0, 1), worker.received));
    return { lost, says: [{ state: "confirmed", verdict: "store.dropped", group: queue, names: lost }] };
  },
};
