import { openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** Somebody takes messages out of an audited queue with a tool, by `get`: worked or not, nobody can say. */
export const scenario: Scenario = {
  id: "R9.foreign",
  title: "Somebody takes messages from an audited queue by get",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "the broker counts every get, also those that nobody accounts for",
    file: "packages/core/src/judge-rabbitmq-watch.ts",
    from: 'gets.change !== "none" ? "foreign-member"',
    to: 'false ? "foreign-member"',
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("audited");
    const shop = await openSender(lab);
    const first = await openWorker(lab, queue);
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await first.stop();
    const burst = await shop.send("", queue, 60);
    const tool = await (await lab.rabbitmq.bare()).createChannel();
    const taken: string[] = [];
    for (let count = 0; count < 20; count += 1) {
      const message = await tool.get(queue, { noAck: true });
      if (message !== false) taken.push(message.content.toString());
    }
    const second = await openWorker(lab, queue, { base: "worker-2" });
    await lab.until("the rest to be worked", () => burst.slice(20).every((name) => second.handled.has(name)));
    await lab.established("", queue, async () => await shop.send("", queue, 1));

    return {
      lost: [],
      says: [{ state: "in-doubt", verdict: "consume.unreported", cause: "foreign-member", group: queue, names: taken }],
    };
  },
};
