import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** A topic gets more partitions. Its group notices seconds later, and enters them where they end by then. */
export const scenario: Scenario = {
  id: "C17",
  title: "Partitions are added while a group reads without `fromBeginning`",
  world: { kafka: "shared" },
  broken: {
    rule: "a member that entered a new partition at its end skipped what lay there",
    file: "packages/core/src/kafka-entry.ts",
    from: "return began.isNewPartition && record.members.size === 1",
    to: "return !began.isNewPartition && record.members.size === 1",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 3 });
    const group = lab.name("billing");
    const shop = lab.service("shop");
    // A client of its own, so that the producer knows of the new partitions long before the consumer does.
    const producer = shop
      .kafka({}, { retry: { retries: 10, initialRetryTime: 100 } })
      .producer({ metadataMaxAge: 500 });
    await producer.connect();
    const sent = new Map<number, string[]>();
    const send = async (partition: number, count: number) => {
      const messages = shop.messages(topic, partition, count);
      await producer.send({ topic, messages });
      sent.set(partition, [...(sent.get(partition) ?? []), ...messages.map(({ value }) => value)]);
    };
    const options = { group, topic, fromBeginning: false, metadataMaxAgeMs: 8_000 };
    const worker = await Worker.start(lab, lab.service("worker").kafka(), options);
    await lab.established(topic, 0, async () => await send(0, 1));

    const admin = await lab.kafka.admin();
    await admin.createPartitions({ topicPartitions: [{ topic, count: 6 }] });
    await lab.until("the producer to know them", async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]?.partitions.length === 6 && topics[0].partitions.every(({ leader }) => leader >= 0);
    });
    const early = async (partition: number) => {
      // A producer with stale metadata sends nothing at all, and says so: that is another row's loss.
      await send(partition, 5);
    };
    for (const partition of [3, 4, 5]) await early(partition);
    await lab.knows(topic, 3, sent.get(3)?.at(-1));
    lab.lostNow();
    await lab.until("the group to work in all of them", async () => {
      for (const partition of [3, 4, 5]) await send(partition, 1);
      return [3, 4, 5].every((partition) => worker.hasHandled((sent.get(partition) ?? []).slice(-2, -1)));
    });

    const all = [...sent.values()].flat();
    const firstHandled = (names: readonly string[]) => names.findIndex((name) => worker.handled.has(name));
    const lost = [3, 4, 5].flatMap((partition) => {
      const names = sent.get(partition) ?? [];
      return names.slice(0, firstHandled(names));
    });
    await lab.until("the rest to be worked", () => worker.hasHandled(all.filter((name) => !lost.includes(name))));
    return { lost, says: [{ state: "confirmed", verdict: "consume.skipped", group, names: lost }] };
  },
};
