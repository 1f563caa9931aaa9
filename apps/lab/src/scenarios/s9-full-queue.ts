import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A full queue hands its oldest messages on instead of throwing them away. */
export const scenario: Scenario = {
  id: "S9.length",
  title: "A full queue hands its oldest messages to a dead-letter exchange",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a dead letter that somebody met is accounted for in the queue that it died in",
    file: "packages/core/src/judge-rabbitmq-settled.ts",
    from: "const letters = difference(receipts.deaths?.[reason] ?? emptyRanges, said);",
    to: "const letters = emptyRanges;",
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("dead", "fanout");
    const letters = await lab.rabbitmq.queue("letters", { bindTo: exchange });
    const queue = await lab.rabbitmq.queue("full", { maxLength: 40, deadLetterExchange: exchange });
    const shop = await openSender(lab);
    const clerk = await openWorker(lab, letters, { base: "clerk" });
    const worker = await openWorker(lab, queue);
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await worker.stop();
    const burst = await shop.send("", queue, 100);
    const next = await openWorker(lab, queue, { base: "next-worker" });
    await lab.until("all to be worked or looked after", () => hasAll(burst, next.handled, clerk.handled));

    const dead = burst.filter((name) => clerk.handled.has(name));
    lab.check("60 were handed on", () => dead.length === 60);
    return { lost: [], says: [{ state: "explained", verdict: "store.dead-lettered", group: queue, names: dead }] };
  },
};
