import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The application goes back to the beginning and works everything once more. */
export const scenario: Scenario = {
  id: "D3",
  title: "A worker seeks back to the beginning: a replay, and no alarm",
  world: { kafka: "shared" },
  broken: {
    rule: "what lies below a member's own commit and comes again is a replay",
    file: "packages/core/src/testimony.ts",
    from: "const isReplay = first < this.#highestCommit;",
    to: "const isReplay = false;",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const runs: string[] = [];
    const consumer = await consume(lab, lab.service("worker").kafka(), {
      group,
      topic,
      eachMessage: async ({ message }) => void runs.push(nameIn(message)),
    });
    const names = await orders.send(topic, 40);
    await lab.until("everything to be worked", () => runs.length === names.length);
    await lab.kafka.committed(group, topic, 0, names.length);
    consumer.seek({ topic, partition: 0, offset: "0" });
    const last = await orders.send(topic, 5);
    await lab.until("everything to be worked again", () => runs.length === 2 * names.length + last.length);
    lab.check("the forty are counted as replayed, and nothing else", async () => {
      const { processed, redelivered, producedTwice, redriven, replayed } = await repeatsOf(lab, topic, group);
      return processed === 45 && replayed === 40 && producedTwice + redriven + redelivered === 0;
    });
    return { lost: [], says: [] };
  },
};
