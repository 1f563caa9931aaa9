import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A mirror that knows nothing of Seqwatch copies a topic with its headers; a retry topic is filled by a watched producer. */
export const scenario: Scenario = {
  id: "D5",
  title: "A mirror and a retry topic copy messages with their headers: forwarded copies",
  world: { kafka: "shared" },
  broken: {
    rule: "a stamp of another lane is a forwarded copy, and no part of any stream here",
    file: "packages/kafkajs/src/handler-watch.ts",
    from: "const isForeign = sequence !== 0 && this.#reader.laneHash !== lane.member.laneHash;",
    to: "const isForeign = false;",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const mirror = await lab.kafka.topic("mirror");
    const retry = await lab.kafka.topic("retry");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const names = await orders.send(topic, 20);

    const kafka = lab.service("worker").kafka();
    const again = kafka.producer();
    await again.connect();
    const seen: string[] = [];
    await consume(lab, kafka, {
      group,
      topic,
      eachMessage: async ({ message }) => {
        seen.push(nameIn(message));
        const { value, headers = {} } = message;
        if (seen.length <= 5) await again.send({ topic: retry, messages: [{ value, headers }] });
      },
    });
    const copier = lab.kafka.bare().producer();
    await copier.connect();
    const originals = lab.kafka.bare();
    await consume(lab, originals, {
      group: lab.name("mirror-maker"),
      topic,
      eachMessage: async ({ message: { key, value, headers = {} } }) => {
        await copier.send({ topic: mirror, messages: [{ key, value, headers }] });
      },
    });
    const copies: string[] = [];
    const readers = { [mirror]: lab.name("mirror-readers"), [retry]: lab.name("retry-readers") };
    for (const [from, readingGroup] of Object.entries(readers)) {
      await consume(lab, lab.service(readingGroup).kafka(), {
        group: readingGroup,
        topic: from,
        eachMessage: async ({ message }) => void copies.push(nameIn(message)),
      });
    }
    await lab.until("all copies to be read", () => seen.length === 20 && copies.length === 25);
    lab.afterwards(async () => await Promise.all([again.disconnect(), copier.disconnect()]).then(() => undefined));
    lab.check("the topic's own messages are processed once each", async () => {
      const { processed, forwarded, redelivered, producedTwice, redriven } = await repeatsOf(lab, topic, group);
      return processed === names.length && forwarded + redelivered + producedTwice + redriven === 0;
    });
    lab.check("the mirror's are counted as forwarded", async () => {
      const { forwarded } = await repeatsOf(lab, mirror, lab.name("mirror-readers"));
      return forwarded === names.length;
    });
    lab.check("those of the retry topic are a stream of its own, and counted as forwarded too", async () => {
      const { processed, forwarded } = await repeatsOf(lab, retry, lab.name("retry-readers"));
      return processed === 5 && forwarded === 5;
    });
    return { lost: [], says: [] };
  },
};
