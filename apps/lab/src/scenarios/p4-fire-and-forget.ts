import { KafkaProxy } from "../lab/kafka-proxy.ts";
import { objectsIn } from "../lab/objects-in.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The promise of a send is ignored, and the process exits while the broker has not answered, and right after a send. */
export const scenario: Scenario = {
  id: "P4",
  title: "Fire and forget: the process exits with sends in flight",
  world: { kafka: "shared" },
  broken: {
    rule: "what a producer that is gone never told the outcome of is in doubt",
    file: "packages/core/src/stream-facts.ts",
    from: 'standing === "silent" || standing === "closed" ? inFlight : emptyRanges',
    to: "emptyRanges",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const shop = lab.start("shop", { topic });
    await shop.until("exit with sends in flight", (told) => told.length > 0);
    await shop.end();

    const stored = new Set((await lab.kafka.stored(topic)).map(({ name }) => name));
    const [unanswered] = shop.told;
    const names = Array.isArray(unanswered) ? unanswered.map(String) : [];
    lab.check("three were stamped and never reached the broker", () => {
      return names.length === 3 && names.every((name) => !stored.has(name));
    });
    lab.check("the two that were not even stamped are counted", async () => {
      const { clients } = await lab.api.get("/api/v1/clients");
      const own = objectsIn(clients).filter(({ service }) => service === lab.name("shop"));
      return own.length === 1 && own[0]?.["unstamped"] === 2;
    });
    return { lost: [], says: [{ state: "in-doubt", verdict: "produce.uncertain", group: null, names }] };
  },
  processes: {
    async shop(self) {
      const { topic } = Object(self.input);
      const proxy = await KafkaProxy.start(self.kafka.brokers);
      const shop = self.service("shop");
      const producer = shop.kafka({}, { socketFactory: proxy.socketFactory }).producer();
      await producer.connect();
      await producer.send({ topic, messages: shop.messages(topic, 0, 5) });

      proxy.stall();
      const messages = shop.messages(topic, 0, 3);
      producer.send({ topic, messages }).catch(() => undefined);
      await self.until("the request to be on its way", () => proxy.swallowed > 0);
      await self.tell(messages.map(({ value }) => value));
      producer.send({ topic, messages: shop.messages(topic, 0, 2) }).catch(() => undefined);
      process.exit(0);
    },
  },
};
