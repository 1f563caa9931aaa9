import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The application moves its own position forward. */
export const scenario: Scenario = {
  id: "C5",
  title: "A worker seeks forward: what it went past is skipped",
  world: { kafka: "shared" },
  broken: {
    rule: "what our own seek went past, and our own commit followed, is skipped",
    file: "packages/core/src/testimony.ts",
    from: "this.#draft.jumpOver(jumped);",
    to: "void jumped;",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const handled = new Set<string>();
    const consumer = await consume(lab, lab.service("worker").kafka(), {
      group,
      topic,
      eachMessage: async ({ message }) => void handled.add(nameIn(message)),
    });
    const first = await orders.send(topic, 5);
    await lab.until("the first to be worked", () => first.every((name) => handled.has(name)));
    consumer.pause([{ topic }]);
    const second = await orders.send(topic, 20);
    consumer.seek({ topic, partition: 0, offset: "17" });
    consumer.resume([{ topic }]);
    lab.lostNow();
    await lab.until("the rest to be worked", () => second.slice(12).every((name) => handled.has(name)));
    await lab.kafka.committed(group, topic, 0, 25);
    lab.lastFactNow();

    const lost = second.filter((name) => !handled.has(name));
    return { lost, says: [{ state: "confirmed", verdict: "consume.skipped", group, names: lost }] };
  },
};
