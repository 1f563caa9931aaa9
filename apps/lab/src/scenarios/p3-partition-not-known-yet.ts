import type { Scenario } from "../lab/scenario.ts";

/** The partition was added a moment ago, and the producer's metadata is older: kafkajs sends nothing, and resolves. */
export const scenario: Scenario = {
  id: "P3.added",
  title: "A send to a partition that was just added resolves, and nothing was sent",
  world: { kafka: "shared" },
  broken: {
    rule: "what the log, read twice wherever it could be, does not hold is not there",
    file: "packages/core/src/kafka-stream.ts",
    from: "const proven = intersection(standingSince(absent, nowMs - policy.graceMs), absentNow);",
    to: "const proven = intersection(standingSince(absent, nowMs - policy.graceMs), []);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 3 });
    const shop = lab.service("shop");
    const producer = shop.kafka().producer();
    await producer.connect();
    await producer.send({ topic, messages: shop.messages(topic, 0, 5) });
    await (await lab.kafka.admin()).createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    await lab.kafka.known(topic, 4);

    const astray = shop.messages(topic, 3, 3);
    await producer.send({ topic, messages: astray });
    lab.lostNow();
    lab.lastFactNow();
    const stored = await lab.kafka.stored(topic);
    const lost = astray.map(({ value }) => value).filter((name) => !stored.some((record) => record.name === name));
    lab.check("nothing was sent", () => lost.length === astray.length);
    return { lost, says: [{ state: "confirmed", verdict: "produce.ack-missing", group: null, names: lost }] };
  },
};
