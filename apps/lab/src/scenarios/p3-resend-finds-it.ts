import type { Scenario } from "../lab/scenario.ts";

/** With `onAckMissing: "resend"` the metadata is refreshed first, and the messages arrive. */
export const scenario: Scenario = {
  id: "P3.resend",
  title: "A resend finds the partition that was just added",
  world: { kafka: "shared" },
  broken: {
    rule: "metadata is refreshed before a resend",
    file: "packages/kafkajs/src/omissions.ts",
    from: "  await cluster.refreshMetadata();\n",
    to: "",
    mayThrow: "The broker's answer left out 3 messages",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 3 });
    const shop = lab.service("shop");
    const producer = shop.kafka({ onAckMissing: "resend" }).producer();
    await producer.connect();
    await producer.send({ topic, messages: shop.messages(topic, 0, 5) });
    await (await lab.kafka.admin()).createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    await lab.kafka.known(topic, 4);

    const astray = shop.messages(topic, 3, 3);
    const answer = await producer.send({ topic, messages: astray });
    const stored = (await lab.kafka.stored(topic)).filter(({ partition }) => partition === 3);
    lab.check("the answer covers it", () => answer.some(({ partition }) => partition === 3));
    lab.check(
      "each was stored once",
      () => stored.map(({ name }) => name).join() === astray.map(({ value }) => value).join(),
    );
    return { lost: [], says: [] };
  },
};
