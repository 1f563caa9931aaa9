import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** An operator deletes a queue with messages in it, and makes it again under the same name. */
export const scenario: Scenario = {
  id: "S10.deleted",
  title: "An operator deletes a queue with messages in it, and makes it again",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "what was gone before a doubt began is confirmed in spite of it",
    file: "packages/store-redis/src/scripts.gen.ts",
    from: '(tonumber(goneAbove) or numberIn(\\"rq\\" .. stream)) + 1)',
    to: 'numberIn(\\"rq\\" .. stream) + 1)',
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("orders");
    const queue = await lab.rabbitmq.queue("deleted", { bindTo: exchange, keys: ["created"] });
    const shop = await openSender(lab);
    const worker = await openWorker(lab, queue);
    await lab.established(exchange, "created", async () => await shop.send(exchange, "created", 1));
    await worker.stop();
    const lost = await shop.send(exchange, "created", 70);
    await lab.knows(exchange, "created", lost.at(-1));
    await lab.passes(2);
    await lab.rabbitmq.manage("DELETE", `/queues/%2F/${encodeURIComponent(queue)}`);
    lab.lostNow();
    // One that is back within moments was perhaps only away: then nobody says that it was deleted.
    await lab.passes(8);
    await lab.rabbitmq.queue("deleted", { bindTo: exchange, keys: ["created"] });
    const next = await openWorker(lab, queue, { base: "next-worker" });
    const later = await shop.send(exchange, "created", 30);
    await lab.until("the later ones to be worked", () => hasAll(later, next.handled));

    lab.check("nobody got any of them", () => lost.every((name) => !next.received.has(name)));
    return { lost, says: [{ state: "confirmed", verdict: "store.dropped", group: queue, names: lost }] };
  },
};
