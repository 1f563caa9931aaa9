import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** The same, and the group is back before anybody has looked: its position is out of range, and it begins anew. */
export const scenario: Scenario = {
  id: "S4.resumed",
  title: "Retention passes a group that is back at once",
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
    const again = await Worker.start(lab, lab.service("worker-again").kafka(), { group, topic });
    await lab.until("the rest to be worked", () => again.hasHandled(burst.slice(30)));

    const lost = burst.slice(0, 30);
    return { lost, says: [{ state: "confirmed", verdict: "store.retention", group, names: lost }] };
  },
};
