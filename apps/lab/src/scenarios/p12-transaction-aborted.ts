import { consume, nameIn } from "../lab/consume.ts";
import type { Scenario } from "../lab/scenario.ts";

/** Messages of an aborted transaction are in the log, and nobody who reads committed ones gets them. */
export const scenario: Scenario = {
  id: "P12",
  title: "A transaction is aborted: nothing is lost, and what it held is explained",
  world: { kafka: "shared" },
  broken: {
    rule: "what an aborted transaction held was not sent",
    file: "packages/kafkajs/src/watched-transaction.ts",
    from: 'run?.voided("aborted");',
    to: "run?.acked(0);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const handled = new Set<string>();
    await consume(lab, lab.service("worker").kafka(), {
      group: lab.name("billing"),
      topic,
      eachMessage: async ({ message }) => void handled.add(nameIn(message)),
    });
    const shop = lab.service("shop");
    const producer = shop.kafka().producer({
      transactionalId: lab.name("tx"),
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const sendWithin = async (end: "commit" | "abort", count: number) => {
      const transaction = await producer.transaction();
      const messages = shop.messages(topic, 0, count);
      await transaction.send({ topic, messages });
      await transaction[end]();
      return messages.map(({ value }) => value);
    };
    const before = await sendWithin("commit", 5);
    const aborted = await sendWithin("abort", 3);
    const after = await sendWithin("commit", 5);

    const committed = [...before, ...after];
    lab.check("what was committed was handled, and nothing else", () => {
      return handled.size === committed.length && committed.every((name) => handled.has(name));
    });
    return { lost: [], says: [{ state: "explained", verdict: "store.aborted", group: null, names: aborted }] };
  },
};
