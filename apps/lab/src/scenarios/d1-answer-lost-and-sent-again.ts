import { consume, nameIn } from "../lab/consume.ts";
import { KafkaProxy } from "../lab/kafka-proxy.ts";
import type { Lab } from "../lab/lab.ts";
import { objectsIn } from "../lab/objects-in.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The broker stored a batch and its answer got lost, so the client sent it again: the log holds each message twice. */
export const scenario: Scenario = {
  id: "D1",
  title: "An answer is lost, the client sends again, and the log holds two copies",
  world: { kafka: "shared" },
  broken: {
    rule: "a batch that the client sends once more is booked as such",
    file: "packages/kafkajs/src/topic-send.ts",
    from: "        batch.run?.retried();\n",
    to: "",
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
    const producer = shop.kafka({}, { socketFactory: proxy.socketFactory }).producer();
    await producer.connect();
    await producer.send({ topic, messages: shop.messages(topic, 0, 5) });

    const lostAnswer = proxy.loseAnswer();
    const twice = shop.messages(topic, 0, 3);
    const [answer] = await Promise.all([producer.send({ topic, messages: twice }), lostAnswer]);
    await producer.send({ topic, messages: shop.messages(topic, 0, 5) });

    const names = twice.map(({ value }) => value);
    const stored = (await lab.kafka.stored(topic)).filter(({ name }) => names.includes(name));
    const offsets = stored.map(({ offset }) => offset);
    lab.check("the send was answered", () => answer[0]?.baseOffset === "8");
    lab.check("the log holds each twice", () => stored.map(({ name }) => name).join() === [...names, ...names].join());
    lab.check("each was handled twice", () =>
      names.every((name) => handled.filter((one) => one === name).length === 2),
    );
    lab.check("they count as stored twice", async () => (await repeatsOf(lab, topic, group)).producedTwice === 3);
    lab.check("both offsets of each are told", async () => {
      const told = await copiesOf(lab, topic, group);
      const wanted = names.map((_, at) => [6 + at, offsets[at], offsets[3 + at]].join());
      return told.join(" ") === wanted.join(" ");
    });
    return { lost: [], says: [] };
  },
};

/** `sequence,offset,offset` of each message that the log holds more than once, as the API tells it. */
async function copiesOf(lab: Lab, topic: string, group: string): Promise<readonly string[]> {
  const [stream] = await lab.api.streams(topic);
  const own = objectsIn(stream?.["groups"]).find((one) => one["group"] === group);
  const copies = objectsIn(Object(own?.["duplicates"]).copies);
  return copies.map(({ sequence, offsets }) => [sequence, ...(Array.isArray(offsets) ? offsets : [])].join());
}
