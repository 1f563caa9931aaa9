import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The queue has no limit: the application itself set the time. */
export const scenario: Scenario = {
  id: "S8.own",
  title: "Messages have an expiration of their own",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "the ledger says which messages expire by themselves",
    file: "packages/amqplib/src/sender.ts",
    from: "if (carrier.expiresAfterMs !== undefined) ledger.bookExpiring(sequence, carrier.expiresAfterMs);",
    to: "",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("slow");
    const shop = await openSender(lab);
    const worker = await openWorker(lab, queue);
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await worker.stop();
    const expired = await shop.send("", queue, 60, { expiration: "1500" });
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
