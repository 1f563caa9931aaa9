import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** A topic is made again while its group has worked everything: old streams are closed, new messages count from the first. */
export const scenario: Scenario = {
  id: "L6",
  title: "A topic is made again after everything in it was worked",
  world: { kafka: "shared" },
  broken: {
    rule: "offsets of one life of a log say nothing about another",
    file: "packages/core/src/kafka-context.ts",
    from: "const fell = endFell || reading.logStart < memory.logStart;",
    to: "const fell = endFell && reading.logStart < memory.logStart;",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    await lab.established(topic, 0, async () => await orders.send(topic, 1));
    await lab.rested();
    await worker.leave();
    await (await lab.kafka.admin()).deleteTopics({ topics: [topic] });
    await lab.kafka.remake(topic);
    await lab.passes(3);

    const again = await Worker.start(lab, lab.service("worker-again").kafka(), { group, topic });
    const first = await orders.send(topic, 10);
    await lab.until("the new messages to be worked", () => again.hasHandled(first));
    // What a producer sends before its next report was answered may be of either life of the log.
    await lab.knows(topic, 0, first.at(-1));
    await again.leave();
    const lost = await orders.send(topic, 10);
    await lab.knows(topic, 0, lost.at(-1));
    const admin = await lab.kafka.admin();
    const [end] = await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(end?.high) }] });
    lab.lostNow();
    return { lost, says: [{ state: "confirmed", verdict: "store.retention", group, names: lost }] };
  },
};
