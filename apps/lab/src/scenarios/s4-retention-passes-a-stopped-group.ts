import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** A group rests while the beginning of what waits for it is deleted, as retention does. */
export const scenario: Scenario = {
  id: "S4",
  title: "Retention passes a group that rests",
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
    const shop = lab.service("shop");
    const producer = shop.kafka().producer();
    await producer.connect();
    const send = async (count: number) => {
      const messages = shop.messages(topic, 0, count);
      await producer.send({ topic, messages });
      return messages.map(({ value }) => value);
    };

    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    await lab.established(topic, 0, async () => await send(1));
    await worker.leave();
    const burst = await send(50);
    const admin = await lab.kafka.admin();
    const [end] = await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(Number(end?.high) - 20) }] });
    lab.lostNow();

    const lost = burst.slice(0, 30);
    return { lost, says: [{ state: "confirmed", verdict: "store.retention", group, names: lost }] };
  },
};
