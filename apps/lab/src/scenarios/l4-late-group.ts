import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** A second group begins when the producer has long ended, from the beginning; then it rests, and the tail is taken from it. */
export const scenario: Scenario = {
  id: "L4",
  title: "A group that joins late owes everything, and only from there on",
  world: { kafka: "shared" },
  broken: {
    rule: "what the log start passed while the group, empty, was below it is lost",
    file: "packages/core/src/kafka-retained.ts",
    from: "if (reading === undefined || group.reading?.isEmpty !== true",
    to: "if (reading !== undefined || group.reading?.isEmpty !== true",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const orders = await startOrders(lab.service("shop"));
    const prompt = await Worker.start(lab, lab.service("worker").kafka(), { group: lab.name("prompt"), topic });
    await lab.established(topic, 0, async () => await orders.send(topic, 1));
    const early = await orders.send(topic, 100);
    await lab.until("the prompt group to work it", () => prompt.hasHandled(early));

    const group = lab.name("late");
    const late = await Worker.start(lab, lab.service("late-worker").kafka(), { group, topic });
    await lab.until("the late group to work all of it", () => late.hasHandled(early));
    await late.leave();
    const lost = await orders.send(topic, 30);
    await lab.until("the prompt group to work the rest", () => prompt.hasHandled(lost));
    await orders.service.close();
    const admin = await lab.kafka.admin();
    const [end] = await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(end?.high) }] });
    lab.lostNow();
    return { lost, says: [{ state: "confirmed", verdict: "store.retention", group, names: lost }] };
  },
};
