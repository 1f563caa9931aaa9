import { consume, nameIn } from "../lab/consume.ts";
import type { Scenario } from "../lab/scenario.ts";

/** 8,000 messages of 100 bytes fit into one batch; with a stamp on each they would not. */
export const scenario: Scenario = {
  id: "P21",
  title: "A batch near the size limit goes out as without Seqwatch, and is counted as unaudited",
  world: { kafka: "shared" },
  broken: {
    rule: "what went out without a stamp is counted",
    file: "packages/kafkajs/src/unstamped-batches.ts",
    from: "if (run === undefined) surroundings.unaudited(topic, partition, indexes.length);",
    to: "",
  },
  async play(lab) {
    const [topic, bareTopic] = await Promise.all([lab.kafka.topic("orders"), lab.kafka.topic("orders-bare")]);
    const shop = lab.service("shop");
    const producer = shop.kafka().producer();
    const bare = lab.kafka.bare().producer();
    await Promise.all([producer.connect(), bare.connect()]);
    lab.afterwards(async () => await bare.disconnect());
    const handled = new Set<string>();
    await consume(lab, lab.service("worker").kafka(), {
      group: lab.name("billing"),
      topic,
      eachMessage: async ({ message }) => void handled.add(nameIn(message)),
    });

    // Their names are the row's own: only what is stamped has a number.
    const crowd = Array.from({ length: 8_000 }, (_, index) => `parcel ${index} `.padEnd(100, "."));
    const messages = crowd.map((value) => ({ value, partition: 0 }));
    const before = shop.messages(topic, 0, 5);
    await producer.send({ topic, messages: before });
    const answer = await producer.send({ topic, messages });
    const after = shop.messages(topic, 0, 5);
    await producer.send({ topic, messages: after });
    const bareAnswer = await bare.send({ topic: bareTopic, messages });

    const sent = [...before.map(({ value }) => value), ...crowd, ...after.map(({ value }) => value)];
    const stored = await lab.kafka.stored(topic);
    const bareStored = await lab.kafka.stored(bareTopic);
    await lab.until("all to be worked", () => sent.every((name) => handled.has(name)));
    lab.check("both clients were answered", () => answer[0]?.baseOffset === "5" && bareAnswer[0]?.baseOffset === "0");
    lab.check("everything was stored once and in order", () => stored.map(({ name }) => name).join() === sent.join());
    lab.check("as the bare client stores it", () =>
      bareStored.every(({ name, headers }, index) => {
        const own = stored[5 + index];
        return own?.name === name && JSON.stringify(own.headers) === JSON.stringify(headers);
      }),
    );
    lab.check("the 8,000 are shown as unaudited, and the others as audited", async () => {
      const [stream] = await lab.api.streams(topic);
      return stream?.["unaudited"] === crowd.length && stream["acked"] === 10;
    });
    return { lost: [], says: [] };
  },
};
