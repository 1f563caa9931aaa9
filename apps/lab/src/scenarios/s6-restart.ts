import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A durable queue holds transient and persistent messages when its broker is restarted: the transient ones are gone. */
export const scenario: Scenario = {
  id: "S6",
  title: "The broker restarts: transient messages are gone, persistent ones stay",
  world: { rabbitmq: "alone" },
  broken: {
    rule: "the ledger says which messages were transient",
    file: "packages/amqplib/src/sender.ts",
    from: "if (carrier.isTransient) ledger.bookTransient(sequence);",
    to: "",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("mixed");
    const shop = await openSender(lab);
    const worker = await openWorker(lab, queue);
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await worker.stop();
    const persistent = await shop.send("", queue, 30);
    const transient = await shop.send("", queue, 40, { persistent: false });
    await lab.knows("", queue, transient.at(-1));
    await lab.passes(3);
    await lab.rabbitmqServer.stop();
    lab.lostNow();
    await lab.rabbitmqServer.start();

    const next = await openWorker(lab, queue, { base: "next-worker" });
    await lab.until("what was on disk to be worked", () => hasAll(persistent, next.handled));
    const lost = transient.filter((name) => !next.received.has(name));
    lab.check("all of the transient ones are gone", () => lost.length === transient.length);
    return { lost, says: [{ state: "confirmed", verdict: "store.restarted", group: queue, names: lost }] };
  },
};
