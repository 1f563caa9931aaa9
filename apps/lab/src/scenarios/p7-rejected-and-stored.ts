import { KafkaProxy } from "../lab/kafka-proxy.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The answer to the last try got lost: the send rejects, and the log shows what nobody was told. */
export const scenario: Scenario = {
  id: "P7.stored",
  title: "A send rejects though it was stored: it turns up",
  world: { kafka: "shared" },
  broken: {
    rule: "what the log shows is not missing",
    file: "packages/core/src/kafka-stream.ts",
    from: "const seen = rangesOfKeys(located, unplaced);",
    to: "const seen = rangesOfKeys(new Map(), unplaced);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const proxy = await KafkaProxy.start(lab.kafka.brokers);
    lab.afterwards(() => proxy.close());
    const shop = lab.service("shop");
    const producer = shop.kafka({}, { socketFactory: proxy.socketFactory }).producer({ retry: { retries: 0 } });
    await producer.connect();
    await producer.send({ topic, messages: shop.messages(topic, 0, 5) });

    const lostAnswer = proxy.loseAnswer();
    const messages = shop.messages(topic, 0, 3);
    const [outcome] = await Promise.allSettled([producer.send({ topic, messages })]);
    await lostAnswer;

    const names = messages.map(({ value }) => value);
    const stored = new Set((await lab.kafka.stored(topic)).map(({ name }) => name));
    lab.check("the send was rejected", () => outcome.status === "rejected");
    lab.check("all of it was stored", () => names.every((name) => stored.has(name)));
    lab.check("nothing stays open about it", async () => {
      const findings = (await lab.api.findings()).filter((one) => one.destination === topic);
      return findings.every(({ state }) => state === "explained");
    });
    return { lost: [], says: [] };
  },
};
