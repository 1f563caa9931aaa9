import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The twin of C2: a handler that resolves only now and then, and returns when it is done. It has worked everything. */
export const scenario: Scenario = {
  id: "C2.hundredth",
  title: "eachBatch resolves every hundredth message and returns normally: nothing is lost",
  world: { kafka: "shared" },
  broken: {
    rule: "a handler that returned without leaving early has processed everything",
    file: "packages/kafkajs/src/batch-outcome.ts",
    from: 'if (!hasLeftEarly(end)) return "processed";',
    to: 'if (!hasLeftEarly(end)) return "left";',
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const names = await orders.send(topic, 250);
    const handled = new Set<string>();
    await consume(lab, lab.service("worker").kafka(), {
      group,
      topic,
      eachBatch: async ({ batch, ...payload }) => {
        for (const message of batch.messages) {
          handled.add(nameIn(message));
          if (handled.size % 100 === 0) payload.resolveOffset(message.offset);
        }
      },
    });
    await lab.until("everything to be worked", () => names.every((name) => handled.has(name)));
    lab.check("all of it is processed", async () => (await repeatsOf(lab, topic, group)).processed === names.length);
    return { lost: [], says: [] };
  },
};
