import { consume, nameIn } from "../lab/consume.ts";
import { KafkaProxy } from "../lab/kafka-proxy.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A send is rejected though it was stored, and the application sends again by itself: these are two messages. */
export const scenario: Scenario = {
  id: "D4",
  title: "The application sends again after an error: no duplicate by sequence",
  world: { kafka: "shared" },
  broken: {
    rule: "each send draws new sequences",
    file: "packages/core/src/ledger.ts",
    from: "    this.#assigned += 1;\n    return this.#assigned;",
    to: "    this.#assigned = this.#assigned === 8 ? 6 : this.#assigned + 1;\n    return this.#assigned;",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const handled: string[] = [];
    await consume(lab, lab.service("worker").kafka(), {
      group,
      topic,
      eachMessage: async ({ message }) => void handled.push(nameIn(message)),
    });
    const proxy = await KafkaProxy.start(lab.kafka.brokers);
    lab.afterwards(() => proxy.close());
    const shop = lab.service("shop");
    const producer = shop.kafka({}, { socketFactory: proxy.socketFactory }).producer({ retry: { retries: 0 } });
    await producer.connect();
    await producer.send({ topic, messages: shop.messages(topic, 0, 5) });

    const lostAnswer = proxy.loseAnswer();
    const messages = shop.messages(topic, 0, 3);
    const [first] = await Promise.allSettled([producer.send({ topic, messages })]);
    await lostAnswer;
    await producer.send({ topic, messages });

    const names = messages.map(({ value }) => value);
    lab.check("the first send was rejected", () => first.status === "rejected");
    lab.check("each was handled twice", () =>
      names.every((name) => handled.filter((one) => one === name).length === 2),
    );
    lab.check("all eleven count as processed, and none as a repeat", async () => {
      const { processed, producedTwice, redelivered, replayed, redriven } = await repeatsOf(lab, topic, group);
      return processed === 11 && producedTwice + redelivered + replayed + redriven === 0;
    });
    return { lost: [], says: [] };
  },
};
