import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** In a priority queue later messages overtake earlier ones: that one was delivered says nothing of those before it. */
export const scenario: Scenario = {
  id: "R4",
  title: "A priority queue: order proves nothing, and nothing is called lost that was overtaken",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a queue with priorities is not first in, first out",
    file: "apps/auditor/src/evidence/rabbitmq.ts",
    from: ' && given["x-max-priority"] === undefined',
    to: "",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("ranked", { maxPriority: 5 });
    const shop = await openSender(lab);
    const first = await openWorker(lab, queue, { base: "worker-1" });
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    // Slow: the low ones wait while high ones come and go.
    const low = await shop.send("", queue, 100, { priority: 1 });
    await lab.until("the low ones to be worked", () => hasAll(low, first.handled));
    await first.stop();
    const waiting = await shop.send("", queue, 50, { priority: 0 });
    const holding = await openWorker(lab, queue, {
      base: "worker-2",
      prefetch: 1,
      // Whatever has the lowest rank is not worked before all is sent.
      decide: (name) => (waiting.includes(name) ? "keep" : "ack"),
    });
    await lab.until("one of the low ones to be held", () => holding.received.size > 0);
    const swift = await openWorker(lab, queue, {
      base: "worker-3",
      prefetch: 1,
      decide: (name) => (waiting.includes(name) ? "keep" : "ack"),
    });
    await lab.until("another to be held", () => swift.received.size > 0);
    const high = await shop.send("", queue, 50, { priority: 5 });
    await lab.passes(12);
    const last = await openWorker(lab, queue, { base: "worker-4", prefetch: 10 });
    await lab.until("the rest to be worked", () => hasAll([...waiting.slice(2), ...high], last.handled));
    lab.check(
      "the high ones overtook",
      () => last.deliveries.indexOf(high[0] ?? "") < last.deliveries.indexOf(waiting.at(-1) ?? ""),
    );
    return { lost: [], says: [] };
  },
};
