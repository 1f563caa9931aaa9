import type { Scenario } from "../lab/scenario.ts";

/** The application does not look at the promise of `send`, so nobody there knows that the broker refused some. */
export const scenario: Scenario = {
  id: "P16",
  title: "Kafka refuses messages, and the application swallows the rejection",
  world: { kafka: "shared" },
  broken: {
    rule: "a batch that the broker refused for its size was certainly not stored",
    file: "packages/kafkajs/src/send-outcome.ts",
    from: 'if (type === "MESSAGE_TOO_LARGE" || type === "RECORD_LIST_TOO_LARGE") return "too-large";',
    to: "",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { config: { "max.message.bytes": "4000" } });
    const shop = lab.service("shop");
    const producer = shop.kafka({ reference: ({ key }) => String(key) }).producer();
    await producer.connect();
    const sends: Promise<unknown>[] = [];
    const send = (bytes: number) => {
      const [key = ""] = shop.names(topic, 0, 1);
      sends.push(producer.send({ topic, messages: [{ key, value: ".".repeat(bytes), partition: 0 }] }));
      sends.at(-1)?.catch(() => undefined);
      return key;
    };

    // One after the other, so that the names follow the stamps.
    const swallowed: string[] = [];
    const sent: string[] = [];
    for (let round = 0; round < 30; round += 1) {
      const isTooLarge = round % 3 === 2;
      (isTooLarge ? swallowed : sent).push(send(isTooLarge ? 5_000 : 100));
      await Promise.allSettled(sends);
    }
    const stored = await lab.kafka.stored(topic);
    lab.check("what was small enough was stored, and nothing else", () => stored.length === sent.length);
    lab.check("ten are shown as not sent", async () => (await lab.api.streams(topic))[0]?.["notSent"] === 10);
    return { lost: [], says: [{ state: "not-sent", verdict: "produce.rejected", group: null, names: swallowed }] };
  },
};
