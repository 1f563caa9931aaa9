import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** The last messages of a producer that has ended go, and nothing is ever sent after them. */
export const scenario: Scenario = {
  id: "L1",
  title: "The last messages are lost, with nothing after them",
  world: { kafka: "shared" },
  broken: {
    rule: "what the log start passed while the group, empty, was below it is lost",
    file: "packages/core/src/kafka-retained.ts",
    from: "if (reading === undefined || group.reading?.isEmpty !== true",
    to: "if (reading !== undefined || group.reading?.isEmpty !== true",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    await lab.established(topic, 0, async () => await orders.send(topic, 1));
    await worker.leave();

    const lost = await orders.send(topic, 10);
    await orders.service.close();
    const admin = await lab.kafka.admin();
    const [end] = await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(end?.high) }] });
    lab.tailLostNow();
    return { lost, says: [{ state: "confirmed", verdict: "store.retention", group, names: lost }] };
  },
};
