import { KafkaProxy } from "../lab/kafka-proxy.ts";
import type { Scenario } from "../lab/scenario.ts";

/** As P20, but the next batch has another size: the broker refuses it, and every further one, for good. */
export const scenario: Scenario = {
  id: "P20.stuck",
  title: "An idempotent producer is refused for good, and only a new one helps",
  world: { kafka: "shared" },
  broken: {
    rule: "a producer that is refused for its own sequence number again and again is stuck",
    file: "packages/kafkajs/src/stuck-watch.ts",
    from: "for (const refused of streak.runs.splice(0)) refused.stuck();",
    to: "streak.runs.splice(0);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const proxy = await KafkaProxy.start(lab.kafka.brokers);
    lab.afterwards(() => proxy.close());
    const shop = lab.service("shop");
    const kafka = shop.kafka({}, { socketFactory: proxy.socketFactory });
    const makeProducer = async () => {
      const producer = kafka.producer({ idempotent: true, retry: { retries: 1 } });
      await producer.connect();
      return producer;
    };
    let producer = await makeProducer();
    const send = async (count: number) => {
      const messages = shop.messages(topic, 0, count);
      const [outcome] = await Promise.allSettled([producer.send({ topic, messages })]);
      return { names: messages.map(({ value }) => value), isRefused: outcome.status === "rejected" };
    };
    await send(5);

    // That of the first try and that of the second, which the broker knows for a repeat.
    const lostAnswers = [proxy.loseAnswer(), proxy.loseAnswer()];
    await send(3);
    await Promise.all(lostAnswers);
    const refused = [await send(2), await send(2), await send(2), await send(2), await send(2)];
    producer = await makeProducer();
    const after = await send(5);

    const names = refused.flatMap((one) => one.names);
    const log = new Set((await lab.kafka.stored(topic)).map(({ name }) => name));
    lab.check("every send of the stuck producer was refused", () => refused.every(({ isRefused }) => isRefused));
    lab.check("none of it was stored", () => names.every((name) => !log.has(name)));
    lab.check("a new producer helps", () => !after.isRefused && after.names.every((name) => log.has(name)));
    return { lost: [], says: [{ state: "not-sent", verdict: "produce.stuck", group: null, names }] };
  },
};
