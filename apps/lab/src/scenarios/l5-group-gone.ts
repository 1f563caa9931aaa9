import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** A group is taken out of service while messages wait for it: they are accounted for, and hold nothing up. */
export const scenario: Scenario = {
  id: "L5",
  title: "A group is gone for good, with messages waiting for it",
  world: { kafka: "shared" },
  broken: {
    rule: "what waited for a group that the broker has forgotten is explained",
    file: "packages/core/src/kafka-pending.ts",
    from: "if (reading?.isGone !== true) return false;",
    to: "return false;",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    const other = await Worker.start(lab, lab.service("other").kafka(), { group: lab.name("shipping"), topic });
    await lab.established(topic, 0, async () => await orders.send(topic, 1));
    await worker.leave();
    const waiting = await orders.send(topic, 25);
    await lab.until("the other group to work them", () => other.hasHandled(waiting));
    await lab.passes(3);
    await (await lab.kafka.admin()).deleteGroups([group]);
    return { lost: [], says: [{ state: "explained", verdict: "consume.unprocessed", group, names: waiting }] };
  },
};
