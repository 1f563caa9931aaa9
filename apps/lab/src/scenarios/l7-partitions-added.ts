import { consume, nameIn } from "../lab/consume.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A topic gets more partitions, and its group reads what is new from the beginning: nothing is missed, nothing is said. */
export const scenario: Scenario = {
  id: "L7",
  title: "Partitions are added under a group that reads from the beginning",
  world: { kafka: "shared" },
  broken: {
    rule: "only what lies below the place where a member began was skipped by it",
    file: "packages/core/src/kafka-entry.ts",
    from: "return began.isNewPartition && record.members.size === 1 ? rangeOf(0, began.offset - 1) : [];",
    to: "return began.isNewPartition ? rangeOf(0, began.offset + 1_000) : [];",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 2 });
    const group = lab.name("billing");
    const shop = lab.service("shop");
    const producer = shop.kafka().producer({ metadataMaxAge: 500 });
    await producer.connect();
    const send = async (partition: number, count: number) => {
      const messages = shop.messages(topic, partition, count);
      await producer.send({ topic, messages });
      return messages.map(({ value }) => value);
    };
    const handled = new Set<string>();
    const hasHandled = (names: readonly string[]) => names.every((name) => handled.has(name));
    const consumer = await consume(lab, lab.service("worker").kafka(), {
      group,
      topic,
      config: { metadataMaxAge: 2_000 },
      eachMessage: async ({ message }) => void handled.add(nameIn(message)),
    });
    await lab.established(topic, 0, async () => await send(0, 1));
    const admin = await lab.kafka.admin();
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    await lab.until("the new partitions to be led", async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]?.partitions.length === 4 && topics[0].partitions.every(({ leader }) => leader >= 0);
    });
    const both = async (count: number) => [...(await send(2, count)), ...(await send(3, count))];
    const first = await both(5);
    await lab.until("the new partitions to be worked", () => hasHandled(first));
    for (const partition of [2, 3]) await lab.kafka.committed(group, topic, partition, 5);
    // It works slowly for a while: what waits lies above the place where it began, and has not been skipped.
    consumer.pause([{ topic }]);
    const waiting = await both(20);
    await lab.knows(topic, 2, waiting[19]);
    await lab.rested();
    consumer.resume([{ topic }]);
    await lab.until("them to be worked on", () => hasHandled(waiting));
    lab.check("what was worked in them is booked for the group", async () => {
      const streams = (await lab.api.progress()).filter((one) => one.destination === topic && one.group === group);
      return ["2", "3"].every((added) =>
        streams.some(({ partition, processed }) => partition === added && processed === 25),
      );
    });
    return { lost: [], says: [] };
  },
};
