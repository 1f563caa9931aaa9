import { consume, nameIn } from "../lab/consume.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A producer is killed inside a transaction: until its time-out nobody gets anything behind it, and then it is aborted. */
export const scenario: Scenario = {
  id: "P12.killed",
  title: "A producer is killed in a transaction: what lies behind it waits for the time-out, and is not lost",
  world: { kafka: "shared" },
  broken: {
    rule: "the log's own list of aborted transactions is read",
    file: "packages/core/src/kafka-stream-gaps.ts",
    from: "abortedGap(facts, difference(unplaced.aborted, unplaced.lost)),",
    to: "",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const handled = new Set<string>();
    await consume(lab, lab.service("worker").kafka(), {
      group: lab.name("billing"),
      topic,
      eachMessage: async ({ message }) => void handled.add(nameIn(message)),
    });
    const shop = lab.start("shop", { topic });
    await shop.until("be in a transaction", (told) => told.length > 0);
    await lab.until("its sends to be reported", async () => {
      const [stream] = await lab.api.streams(topic);
      return stream?.["assigned"] === 8;
    });
    await shop.kill();

    const other = lab.service("shop-2");
    const producer = other.kafka().producer();
    await producer.connect();
    const behind = other.messages(topic, 0, 5);
    await producer.send({ topic, messages: behind });
    await lab.until("what lies behind to be handled", () => behind.every(({ value }) => handled.has(value)));

    const [held] = shop.told;
    const names = Array.isArray(held) ? held.map(String) : [];
    lab.check("what the transaction held was handled by nobody", () => names.every((name) => !handled.has(name)));
    return { lost: [], says: [{ state: "explained", verdict: "store.aborted", group: null, names }] };
  },
  processes: {
    async shop(self) {
      const { topic } = Object(self.input);
      const shop = self.service("shop");
      const producer = shop.kafka().producer({
        transactionalId: self.name("tx"),
        idempotent: true,
        maxInFlightRequests: 1,
        transactionTimeout: 3_000,
      });
      await producer.connect();
      const committed = await producer.transaction();
      await committed.send({ topic, messages: shop.messages(topic, 0, 5) });
      await committed.commit();
      const open = await producer.transaction();
      const messages = shop.messages(topic, 0, 3);
      await open.send({ topic, messages });
      await self.tell(messages.map(({ value }) => value));
      await self.received();
    },
  },
};
