import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/**
 * Somebody who has read the log writes records by hand with the stamps that the next messages will bear: once with
 * other content, once with the very same. The genuine messages come after them, and are worked all the same.
 */
export const scenario: Scenario = {
  id: "D9",
  title: "A forged stamp arrives before the genuine message, which is worked all the same",
  world: { kafka: "shared" },
  broken: {
    rule: "a copy that its producer did not store itself is never skipped",
    file: "packages/kafkajs/src/duplicate-guard.ts",
    from: "return this.#isKnownContent(candidate) && (await this.#isProducersCopy(candidate));",
    to: "return this.#isKnownContent(candidate);",
    mayThrow: "Worked were",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const runs: { readonly offset: string; readonly name: string }[] = [];
    await consume(lab, lab.service("worker").kafka({ onDuplicate: "skip" }), {
      group,
      topic,
      eachMessage: async ({ message }) => void runs.push({ offset: message.offset, name: nameIn(message) }),
    });
    const [first = ""] = await orders.send(topic, 1);
    const [stored] = await lab.kafka.stored(topic);
    const prefix = stored?.headers["seqwatch"]?.replace(/1$/, "") ?? "";

    const forger = lab.kafka.bare().producer();
    await forger.connect();
    lab.afterwards(async () => await forger.disconnect());
    const [second, third] = [2, 3].map((sequence) => first.replace(/1$/, `${sequence}`));
    const forged = [
      { value: "Pay 1,000 to me", headers: { seqwatch: `${prefix}2` }, partition: 0 },
      { value: third ?? "", headers: { seqwatch: `${prefix}3` }, partition: 0 },
    ];
    await forger.send({ topic, messages: forged });
    await lab.until("the forged ones to be worked", () => runs.length === 3);
    const genuine = await orders.send(topic, 2);
    if (genuine.join() !== [second, third].join()) throw new Error("The names are not those that were foreseen.");
    const rest = await orders.send(topic, 5);
    await lab.until("the last to be worked", () => runs.some(({ name }) => name === rest.at(-1)));

    const handled = runs.filter(({ offset }) => Number(offset) >= 3).map(({ name }) => name);
    if (handled.join() !== [...genuine, ...rest].join()) throw new Error(`Worked were ${handled.join(", ")}.`);
    lab.check("the two are told as copies that their producer did not make", async () => {
      const { processed, redriven, producedTwice, skipped } = await repeatsOf(lab, topic, group);
      return processed === 8 && redriven === 2 && producedTwice + skipped === 0;
    });
    return { lost: [], says: [] };
  },
};
