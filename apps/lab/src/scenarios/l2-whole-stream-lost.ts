import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** All that a producer ever sent to a partition goes: the group has never seen one message of its stream. */
export const scenario: Scenario = {
  id: "L2",
  title: "A whole stream is lost, from its first message to its last",
  world: { kafka: "shared" },
  broken: {
    rule: "what no member was done with is asked for",
    file: "packages/core/src/kafka-parts.ts",
    from: "  const rest = difference(offsets, done);",
    to: "  const rest = difference(done, done);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    await lab.established(topic, 0, async () => await orders.send(topic, 1));
    await worker.leave();

    const job = await startOrders(lab.service("nightly-job"));
    const lost = await job.send(topic, 20);
    await job.service.close();
    const admin = await lab.kafka.admin();
    const [end] = await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(end?.high) }] });
    lab.lostNow();
    const later = await orders.send(topic, 5);
    const again = await Worker.start(lab, lab.service("worker-again").kafka(), { group, topic });
    await lab.until("what came later to be worked", () => again.hasHandled(later));
    return { lost, says: [{ state: "confirmed", verdict: "store.retention", group, names: lost }] };
  },
};
