import { openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The dead-letter exchange is set, but nothing is bound to it: the letters are thrown away. */
export const scenario: Scenario = {
  id: "S9.nowhere",
  title: "Expired messages go to a dead-letter exchange that leads nowhere",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a dead-letter exchange that nothing is bound to keeps nothing",
    file: "apps/auditor/src/evidence/rabbitmq.ts",
    from: "return route?.bound !== false;",
    to: "return true;",
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("forgotten", "fanout");
    const queue = await lab.rabbitmq.queue("slow", { messageTtl: 1_500, deadLetterExchange: exchange });
    const shop = await openSender(lab);
    const worker = await openWorker(lab, queue);
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await worker.stop();
    const lost = await shop.send("", queue, 60);
    await lab.until("their time to be over", async () => (await lab.rabbitmq.count(queue)) === 0);
    lab.lostNow();

    return { lost, says: [{ state: "confirmed", verdict: "store.expired", group: queue, names: lost }] };
  },
};
