import type { Scenario } from "../lab/scenario.ts";

/** Some messages cannot be written, and some are too large. The application is told so by a rejection, and goes on. */
export const scenario: Scenario = {
  id: "P8",
  title: "Messages of an illegal shape or size are refused, and count as not sent",
  world: { kafka: "shared" },
  broken: {
    rule: "what kafkajs cannot write was certainly not stored",
    file: "packages/kafkajs/src/send-outcome.ts",
    from: 'return isUnwritable(error, sends) ? "refused" : undefined;',
    to: "return undefined;",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 2 });
    const narrow = await lab.kafka.topic("narrow", { config: { "max.message.bytes": "4000" } });
    const shop = lab.service("shop");
    const producer = shop.kafka({ reference: ({ key }) => String(key) }).producer();
    await producer.connect();
    const send = async (into: string, shape: object, partition = 0): Promise<{ key: string; isRefused: boolean }> => {
      const [key = ""] = shop.names(into, partition, 1);
      // What TypeScript would not let through is what this is about.
      const record = { topic: into, messages: [{ key, partition, value: "v", ...shape }] };
      const [outcome] = await Promise.allSettled([Reflect.apply(producer.send.bind(producer), undefined, [record])]);
      return { key, isRefused: outcome.status === "rejected" };
    };

    const sent: string[] = [];
    const refused: string[] = [];
    const attempt = async (into: string, shape: object): Promise<void> => {
      // First one that is well: only what is refused at its first try was certainly not stored.
      for (const [wish, book] of [
        [{}, sent],
        [shape, refused],
      ] as const) {
        const { key, isRefused } = await send(into, wish);
        if (isRefused === (book === refused)) book.push(key);
      }
    };
    await attempt(topic, { headers: { count: 1 } });
    await attempt(topic, { headers: { nothing: null } });
    await attempt(topic, { headers: null });
    await attempt(topic, { value: { an: "object" } });
    await attempt(topic, { value: Buffer.alloc(2_000_000) });
    await attempt(narrow, { value: Buffer.alloc(5_000) });
    lab.check("the six were refused and the others sent", () => refused.length === 6 && sent.length === 6);
    const stored = [...(await lab.kafka.stored(topic)), ...(await lab.kafka.stored(narrow))];
    lab.check("only the others were stored", () => stored.length === sent.length);
    return { lost: [], says: [{ state: "not-sent", verdict: "produce.rejected", group: null, names: refused }] };
  },
};
