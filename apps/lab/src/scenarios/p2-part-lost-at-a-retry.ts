import type { Kafka } from "kafkajs";
import { KafkaProxy } from "../lab/kafka-proxy.ts";
import type { Scenario } from "../lab/scenario.ts";

const notEnoughReplicas = 19;
// No multiple of the partitions: else the second choice would be the first one again.
const count = 61;

/**
 * One of three brokers refuses its part of a send without keys, once. At the retry kafkajs chooses the partitions anew, and
 * what it now chooses for a broker that has answered already is not sent. Pinned partitions prevent it.
 */
export const scenario: Scenario = {
  id: "P2",
  title: "One retriable error makes kafkajs lose a part of a send, and with Seqwatch it does not",
  world: { kafka: "shared" },
  broken: {
    rule: "the partition that was chosen first is kept at a retry",
    file: "packages/kafkajs/src/topic-send.ts",
    from: "if (pinned !== undefined) return this.#again(index, pinned, args, inner);",
    to: "if (pinned !== undefined) return inner(args);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 6 });
    const proxy = await KafkaProxy.start(lab.kafka.brokers);
    lab.afterwards(() => proxy.close());
    const sendRefusedOnce = async (kafka: Kafka, names: readonly string[]) => {
      const producer = kafka.producer();
      await producer.connect();
      // Keyless messages of one text each, so that every broker gets a part.
      await producer.send({ topic, messages: [{ value: "first" }] });
      proxy.refuse(notEnoughReplicas);
      await producer.send({ topic, messages: names.map((value) => ({ value })) });
      await producer.disconnect();
    };
    const named = (who: string) => Array.from({ length: count }, (_, at) => `${lab.name(who)}|keyless|${at + 1}`);
    const [bare, watched] = [named("bare"), named("shop")];
    await sendRefusedOnce(lab.kafka.bare({ socketFactory: proxy.socketFactory }), bare);
    const shop = lab.service("shop");
    await sendRefusedOnce(shop.kafka({}, { socketFactory: proxy.socketFactory }), watched);

    const stored = (await lab.kafka.stored(topic)).map(({ name }) => name);
    const missing = (names: readonly string[]) => names.filter((name) => !stored.includes(name));
    lab.figure("lostWithoutSeqwatch", missing(bare).length);
    lab.check("both sends met the refusal", () => proxy.refusalsLeft === 0);
    lab.check("without Seqwatch a part is lost, though the send resolved", () => missing(bare).length > 0);
    lab.check("with it every message is stored, and once", () => {
      const own = stored.filter((name) => watched.includes(name));
      return missing(watched).length === 0 && own.length === count;
    });
    return { lost: missing(watched), says: [] };
  },
};
