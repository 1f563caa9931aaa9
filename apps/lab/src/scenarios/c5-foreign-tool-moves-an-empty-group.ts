import { commitAs } from "../lab/commit-as.ts";
import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** While the group rests, somebody moves its commit forward with a tool that Seqwatch knows nothing of. */
export const scenario: Scenario = {
  id: "C5.foreign",
  title: "A foreign tool moves an empty group forward",
  world: { kafka: "shared" },
  broken: {
    rule: "two readings of an empty group, at most two seconds apart, show that its commit was moved past messages",
    file: "packages/core/src/kafka-entry.ts",
    from: "return before.rest?.isEmpty === true ? rangeOf(before.rest.committed, group.committed - 1) : [];",
    to: "return [];",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const handled = new Set<string>();
    const kafka = lab.service("worker").kafka();
    const work = async () =>
      await consume(lab, kafka, {
        group,
        topic,
        eachMessage: async ({ message }) => void handled.add(nameIn(message)),
      });
    const firstLife = await work();
    const first = await orders.send(topic, 5);
    await lab.until("the first to be worked", () => first.every((name) => handled.has(name)));
    await firstLife.disconnect();
    const second = await orders.send(topic, 20);
    await lab.passes(3);
    await commitAs(lab.kafka.bare(), { group, topic, partition: 0, offset: 17 });
    lab.lostNow();
    await lab.passes(3);
    await work();
    await lab.until("the rest to be worked", () => second.slice(12).every((name) => handled.has(name)));

    const lost = second.slice(0, 12);
    return { lost, says: [{ state: "confirmed", verdict: "consume.skipped", group, names: lost }] };
  },
};
