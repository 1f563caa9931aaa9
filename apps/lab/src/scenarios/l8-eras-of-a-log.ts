import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** The same topic is made again and again, each time with messages waiting: each life of the log has losses of its own. */
export const scenario: Scenario = {
  id: "L8",
  title: "A log with several lives, and losses in each of them",
  world: { kafka: "shared" },
  verdictLimitMs: 40_000,
  broken: {
    rule: "what lay above the place where the log was cut is gone",
    file: "packages/core/src/kafka-gone.ts",
    from: "const gone = older.filter((place) => place.low >= cut);",
    to: "const gone = older.filter((place) => place.low > cut + 1_000_000);",
    mayThrow: "in vain for the loss to be found",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const admin = await lab.kafka.admin();
    const lost: string[] = [];
    for (const life of [1, 2]) {
      const worker = await Worker.start(lab, lab.service(`worker-${life}`).kafka(), { group, topic });
      if (life === 1) await lab.established(topic, 0, async () => await orders.send(topic, 1));
      const worked = await orders.send(topic, 10);
      await lab.until("the group to work", () => worker.hasHandled(worked));
      // What a producer sends before its next report was answered may be of either life of the log.
      await lab.knows(topic, 0, worked.at(-1));
      await worker.leave();
      const waiting = await orders.send(topic, 12);
      await lab.knows(topic, 0, waiting.at(-1));
      lost.push(...waiting);
      await admin.deleteTopics({ topics: [topic] });
      await lab.kafka.remake(topic);
      lab.lostNow();
      // Two looks a grace time apart show that it is gone.
      await lab.until("the loss to be found", async () => {
        const found = await lab.api.findings();
        const own = found.filter(({ destination, state }) => destination === topic && state === "confirmed");
        return own.reduce((sum, { messageCount }) => sum + messageCount, 0) >= lost.length;
      });
    }
    return { lost, says: [{ state: "confirmed", verdict: "store.dropped", names: lost }] };
  },
};
