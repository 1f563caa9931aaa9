import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** Nobody who reads the code sees the limit: it is set at the broker. */
export const scenario: Scenario = {
  id: "S8.policy",
  title: "The time-to-live comes by a policy of an operator",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "policies count like arguments",
    file: "apps/auditor/src/evidence/rabbitmq-limits.ts",
    from: "return [given[`x-${name}`], ...policies.map((policy) => policy[name])]\n",
    to: "return [given[`x-${name}`]]\n",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("slow");
    const policy = `/policies/%2F/${encodeURIComponent(queue)}`;
    const definition = { "message-ttl": 1_500 };
    await lab.rabbitmq.manage("PUT", policy, { pattern: `^${queue}$`, "apply-to": "queues", definition });
    lab.afterwards(async () => void (await lab.rabbitmq.manage("DELETE", policy)));
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
