import { redisStore } from "@seqwatch/store-redis";
import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A watched member gives its life signs, but its reports do not arrive: it works, commits and leaves unheard. */
export const scenario: Scenario = {
  id: "C11.unheard",
  title: "A watched member whose reports never arrive works and leaves: in doubt, never lost",
  world: { kafka: "shared" },
  broken: {
    rule: "what a group went past, and nobody said a word of, is in doubt",
    file: "packages/core/src/kafka-group.ts",
    from: 'if (place.high > group.lastDone && place.high >= committed) return { kind: "pending" };',
    to: 'if (place.high >= 0) return { kind: "pending" };',
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const heard = new Set<string>();
    const unheard = new Set<string>();
    const work = (handled: Set<string>) => ({
      group,
      topic,
      eachMessage: async ({ message }: { readonly message: { readonly value: Buffer | null } }) =>
        void handled.add(nameIn(message)),
    });
    const worker = await consume(lab, lab.service("worker").kafka(), work(heard));
    const first = await orders.send(topic, 5);
    await lab.until("the first to be worked", () => first.every((name) => heard.has(name)));
    await worker.disconnect();
    await lab.passes(4);

    const store = redisStore(lab.addresses.redisUrl);
    store.reportTestimony = async () => {
      throw new Error("This report does not arrive.");
    };
    lab.afterwards(async () => await store.close());
    const mute = await consume(lab, lab.service("mute").kafka({ store }), work(unheard));
    const between = await orders.send(topic, 20);
    await lab.until("those between to be worked", () => between.every((name) => unheard.has(name)));
    await lab.kafka.committed(group, topic, 0, 25);
    await mute.disconnect();
    await consume(lab, lab.service("worker-2").kafka(), work(heard));
    const last = await orders.send(topic, 5);
    await lab.until("the last to be worked", () => last.every((name) => heard.has(name)));
    return { lost: [], says: [{ state: "in-doubt", group, names: between }] };
  },
};
