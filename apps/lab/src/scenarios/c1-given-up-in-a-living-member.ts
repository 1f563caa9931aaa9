import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The twin of C1 that lives on: it commits its batch first, and its handler returns in the middle of the work. */
export const scenario: Scenario = {
  id: "C1.given-up",
  title: "The offset is committed before the work, and the handler gives up in a living worker",
  world: { kafka: "shared" },
  broken: {
    rule: "what a handler left is given up once its own member's commit has passed it",
    file: "packages/core/src/testimony.ts",
    from: "if (offset < this.#passed) this.#draftOf(era).giveUp(offset, producerId, sequence);",
    to: "if (offset < this.#passed) this.#candidates.delete(offset);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const names = await orders.send(topic, 20);
    const handled = new Set<string>();
    const consumer = await consume(lab, lab.service("worker").kafka(), {
      group,
      topic,
      autoCommit: false,
      eachBatch: async ({ batch, ...payload }) => {
        const offset = String(Number(batch.lastOffset()) + 1);
        await consumer.commitOffsets([{ topic, partition: 0, offset }]);
        for (const message of batch.messages) {
          handled.add(nameIn(message));
          payload.resolveOffset(message.offset);
          if (handled.size === 5) break;
        }
        lab.tailLostNow();
      },
    });
    await lab.until("the worker to give up", () => handled.size >= 5);
    const lost = names.slice(5);
    return { lost, says: [{ state: "confirmed", verdict: "consume.given-up", group, names: lost }] };
  },
};
