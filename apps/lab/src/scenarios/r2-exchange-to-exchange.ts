import { openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** Two exchanges lie before the queue, which is too short for what comes. */
export const scenario: Scenario = {
  id: "R2",
  title: "A queue behind two exchanges throws its oldest messages away",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "an exchange that is bound to another is followed",
    file: "apps/auditor/src/evidence/rabbitmq-route.ts",
    from: "for (const { toQueue, destination } of towards) if (!toQueue) seen.add(destination);",
    to: "",
  },
  async play(lab) {
    const outer = await lab.rabbitmq.exchange("events", "topic");
    const inner = await lab.rabbitmq.exchange("orders", "direct");
    await (await lab.rabbitmq.channel()).bindExchange(inner, outer, "order.#");
    const queue = await lab.rabbitmq.queue("short", { bindTo: inner, keys: ["order.paid"], maxLength: 100 });
    const shop = await openSender(lab);
    const first = await openWorker(lab, queue);
    await lab.established(outer, "order.paid", async () => await shop.send(outer, "order.paid", 1));
    await first.stop();
    const burst = await shop.send(outer, "order.paid", 150);
    lab.lostNow();
    const second = await openWorker(lab, queue, { base: "worker-2" });
    await lab.until("the rest to be worked", () => burst.slice(50).every((name) => second.handled.has(name)));

    const lost = burst.filter((name) => !second.handled.has(name));
    return { lost, says: [{ state: "confirmed", verdict: "store.dropped", group: queue, names: lost }] };
  },
};
