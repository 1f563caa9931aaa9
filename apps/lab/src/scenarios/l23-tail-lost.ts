import { openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The last messages of a stream are purged, and nothing is ever sent after them. */
export const scenario: Scenario = {
  id: "L23",
  title: "The end of a stream is lost, and nothing comes after it",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a queue that is empty has passed everything that was promised before",
    file: "packages/core/src/judge-rabbitmq-cohorts.ts",
    from: "if (reading?.ready !== 0 || reading.unacked !== 0) return false;",
    to: "return false;",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("orders");
    const shop = await openSender(lab);
    const first = await openWorker(lab, queue);
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await first.stop();
    const tail = await shop.send("", queue, 60);
    await lab.knows("", queue, tail.at(-1));
    await (await lab.rabbitmq.channel()).purgeQueue(queue);
    lab.tailLostNow();
    await openWorker(lab, queue, { base: "worker-2" });

    return { lost: tail, says: [{ state: "confirmed", verdict: "store.dropped", group: queue, names: tail }] };
  },
};
