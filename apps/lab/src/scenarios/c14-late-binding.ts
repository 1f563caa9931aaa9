import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A second queue is bound to a stream that has run for a while: it gets what comes from then on, and was owed no more. */
export const scenario: Scenario = {
  id: "C14.late",
  title: "A queue is bound to a stream that is already running",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a queue that was bound after the stream began expects it from its first delivery",
    file: "packages/core/src/judge-rabbitmq-queue.ts",
    from: "const from = expectsAll ? 1 : lowestOf(firstOf(received), expectsFrom);",
    to: "const from = 1;",
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("orders", "topic");
    const early = await lab.rabbitmq.queue("early", { bindTo: exchange, keys: ["order.*"] });
    const shop = await openSender(lab);
    const first = await openWorker(lab, early, { base: "billing" });
    const sendOne = async () => await shop.send(exchange, "order.paid", 1);
    await lab.established(exchange, "order.paid", sendOne);
    const before = await shop.send(exchange, "order.paid", 100);

    const late = await lab.rabbitmq.queue("late", { bindTo: exchange, keys: ["order.paid"] });
    const second = await openWorker(lab, late, { base: "archive" });
    const after = await shop.send(exchange, "order.paid", 100);
    await lab.until(
      "all to be worked",
      () => hasAll([...before, ...after], first.handled) && hasAll(after, second.handled),
    );
    await lab.established(exchange, "order.paid", sendOne);

    lab.check("the late queue got nothing of before", () => before.every((name) => !second.received.has(name)));
    return { lost: [], says: [] };
  },
};
