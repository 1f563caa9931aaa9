import { consume, nameIn } from "../lab/consume.ts";
import { KafkaProxy } from "../lab/kafka-proxy.ts";
import type { Scenario } from "../lab/scenario.ts";

/**
 * An idempotent producer whose batch was stored and whose answer got lost takes its count of batches back. The next batch
 * of as many records bears the same numbers, so the broker takes it for a repeat: it acknowledges what it never stored.
 */
export const scenario: Scenario = {
  id: "P20",
  title: "An idempotent producer is acknowledged for messages that were never stored",
  world: { kafka: "shared" },
  broken: {
    rule: "an earlier record of the same producer at the acknowledged offset tells a mis-ack from a missing record",
    file: "packages/core/src/kafka-log.ts",
    from: "if (record?.producerId !== producerId || record.sequence >= sequence) return false;",
    to: "return false;",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const handled = new Set<string>();
    await consume(lab, lab.service("worker").kafka(), {
      group: lab.name("billing"),
      topic,
      eachMessage: async ({ message }) => void handled.add(nameIn(message)),
    });
    const proxy = await KafkaProxy.start(lab.kafka.brokers);
    lab.afterwards(() => proxy.close());
    const shop = lab.service("shop");
    const kafka = shop.kafka({}, { socketFactory: proxy.socketFactory });
    const producer = kafka.producer({ idempotent: true, retry: { retries: 1 } });
    await producer.connect();
    const send = async (count: number) => {
      const messages = shop.messages(topic, 0, count);
      const [outcome] = await Promise.allSettled([producer.send({ topic, messages })]);
      return { names: messages.map(({ value }) => value), outcome };
    };
    await send(5);

    // That of the first try and that of the second, which the broker knows for a repeat.
    const lostAnswers = [proxy.loseAnswer(), proxy.loseAnswer()];
    const stored = await send(3);
    await Promise.all(lostAnswers);
    const next = await send(3);
    lab.lostNow();
    await send(5);

    const log = new Set((await lab.kafka.stored(topic)).map(({ name }) => name));
    const lost = next.names.filter((name) => !log.has(name));
    lab.check("the first send was rejected, and stored", () => {
      return stored.outcome.status === "rejected" && stored.names.every((name) => log.has(name));
    });
    lab.check("the second send resolved, and was not stored", () => {
      return next.outcome.status === "fulfilled" && lost.length === next.names.length;
    });
    lab.check("everything in the log was handled", () => [...log].every((name) => handled.has(name)));
    return { lost, says: [{ state: "confirmed", verdict: "produce.mis-acked", names: lost }] };
  },
};
