import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A handler takes longer than its session: another worker takes over, and the first one finishes late. */
export const scenario: Scenario = {
  id: "C15",
  title: "A worker stalls past its session, another takes over, the first finishes late",
  world: { kafka: "shared" },
  broken: {
    rule: "what comes again at offsets that were done is redelivered",
    file: "packages/store-redis/src/scripts.gen.ts",
    from: "local isAgain, isReplay = not isWhole and #known > 0,",
    to: "local isAgain, isReplay = false,",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const names = await orders.send(topic, 10);
    const runs: string[] = [];
    let wake: () => void = () => {};
    const asleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await consume(lab, lab.service("sleeper").kafka(), {
      group,
      topic,
      eachMessage: async ({ message }) => {
        if (runs.length === 0) {
          runs.push(nameIn(message));
          await asleep;
        } else runs.push(nameIn(message));
      },
    });
    await lab.until("the sleeper to fall asleep", () => runs.length === 1);
    await consume(lab, lab.service("helper").kafka(), {
      group,
      topic,
      eachMessage: async ({ message }) => void runs.push(nameIn(message)),
    });
    await lab.until("the helper to do everything", () => names.every((name) => runs.includes(name, 1)));
    wake();
    const last = await orders.send(topic, 5);
    await lab.until("the last to be worked", () => last.every((name) => runs.includes(name)));
    lab.check("each further run is counted as redelivered", async () => {
      const all = names.length + last.length;
      const { processed, redelivered, producedTwice, replayed } = await repeatsOf(lab, topic, group);
      return processed === all && redelivered === runs.length - all && producedTwice + replayed === 0;
    });
    return { lost: [], says: [] };
  },
};
