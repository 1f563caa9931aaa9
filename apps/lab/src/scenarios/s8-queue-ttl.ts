import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The consumer rests for longer than the queue keeps its messages. */
export const scenario: Scenario = {
  id: "S8",
  title: "Messages outlive the time-to-live of their queue",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "the time-to-live of a queue says what became of what it no longer has",
    file: "apps/auditor/src/evidence/rabbitmq-limits.ts",
    from: 'ttlMs: smallestOf(sources, "message-ttl"),',
    to: "ttlMs: undefined,",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("slow", { messageTtl: 1_500 });
    const shop = await openSender(lab);
    const worker = await openWorker(lab, queue);
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await worker.stop();
    const expired = await shop.send("", queue, 60);
    await lab.until("their time to be over", async () => (await lab.rabbitmq.count(queue)) === 0);
    lab.lostNow();
    const next = await openWorker(lab, queue, { base: "next-worker" });
    const rest = await shop.send("", queue, 40);
    await lab.until("the rest to be worked", () => hasAll(rest, next.handled));

    const lost = expired.filter((name) => !next.received.has(name) && !worker.received.has(name));
    lab.check("all of them expired", () => lost.length === expired.length);
    return { lost, says: [{ state: "confirmed", verdict: "store.expired", group: queue, names: lost }] };
  },
};
