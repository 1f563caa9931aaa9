import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** A topic gets more partitions, and its group reads what is new from the beginning: nothing is missed, nothing is said. */
export const scenario: Scenario = {
  id: "L7",
  title: "Partitions are added under a group that reads from the beginning",
  world: { kafka: "shared" },
  broken: {
    rule: "a partition that a member gets is watched from its first message on, also one that was added",
    file: "packages/kafkajs/src/watched-consumer.ts",
    from: "for (const partition of partitions) this.#open(topic, partition)?.join(this, partition >= before);",
    to: "for (const partition of partitions) if (partition < before) this.#open(topic, partition)?.join(this, false);",
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
    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    await lab.established(topic, 0, async () => await send(0, 1));
    const admin = await lab.kafka.admin();
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    await lab.until("the new partitions to be led", async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]?.partitions.length === 4 && topics[0].partitions.every(({ leader }) => leader >= 0);
    });
    const names = [...(await send(2, 20)), ...(await send(3, 20))];
    await lab.until("the new partitions to be worked", () => worker.hasHandled(names));
    const more = [...(await send(2, 5)), ...(await send(3, 5))];
    await lab.until("them to be worked on", () => worker.hasHandled(more));
    lab.check("what was worked in them is booked for the group", async () => {
      const streams = (await lab.api.progress()).filter((one) => one.destination === topic && one.group === group);
      return ["2", "3"].every((added) =>
        streams.some(({ partition, processed }) => partition === added && processed === 25),
      );
    });
    return { lost: [], says: [] };
  },
};
