import { AnswerTimes } from "../lab/answer-times.ts";
import type { Scenario } from "../lab/scenario.ts";

/** kafkajs sends nothing to a partition that its metadata does not list, and resolves all the same. */
export const scenario: Scenario = {
  id: "P3",
  title: "A send to a partition that does not exist resolves, and nothing was sent",
  world: { kafka: "shared" },
  broken: {
    rule: "a partition beyond the topic's count reads as an empty log",
    file: "packages/kafkajs/src/no-partition.ts",
    from: "if (partitionCount === 0 || partition < partitionCount) return undefined;",
    to: "if (partitionCount < 1_000_000) return undefined;",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 3 });
    const times = new AnswerTimes(lab);
    const shop = lab.service("shop");
    const producer = shop.kafka({ observer: times.observer }).producer();
    await producer.connect();
    await producer.send({ topic, messages: shop.messages(topic, 0, 5) });

    const astray = shop.messages(topic, 99, 3);
    const answer = await producer.send({ topic, messages: astray });
    const lost = astray.map(({ value }) => value);
    times.answered(lost);
    lab.tailLostNow();
    lab.lastFactNow();
    lab.check("kafkajs resolved without a word", () => answer.length === 0);
    times.bookWhenKnown(topic);
    return { lost, says: [{ state: "confirmed", verdict: "produce.ack-missing", group: null, names: lost }] };
  },
};
