import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** Two consumers share a queue, hold fifty messages each, and give back every seventh at its first delivery. */
export const scenario: Scenario = {
  id: "C10",
  title: "Two consumers compete for one queue and give some of it back",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "what any consumer of the queue processed is processed for the queue",
    file: "packages/core/src/judge-rabbitmq-open.ts",
    from: "          receipts.processed,\n",
    to: "",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("shared");
    const shop = await openSender(lab);
    const givenBack = new Set<string>();
    const decide = (name: string) => {
      if (Number(name.split("|").at(-1)) % 7 !== 0 || givenBack.has(name)) return "ack";
      givenBack.add(name);
      return "requeue";
    };
    const first = await openWorker(lab, queue, { base: "worker-1", prefetch: 50, decide });
    const second = await openWorker(lab, queue, { base: "worker-2", prefetch: 50, decide });
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    const burst = await shop.send("", queue, 1_000);
    await lab.until("all to be worked", () => hasAll(burst, first.handled, second.handled));
    await Promise.all([first.stop(), second.stop()]);

    lab.check("both had a part in it", () => first.handled.size > 100 && second.handled.size > 100);
    lab.check(
      "what was given back came again",
      () => givenBack.size > 100 && hasAll(givenBack, first.handled, second.handled),
    );
    return { lost: [], says: [] };
  },
};
