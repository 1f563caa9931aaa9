import { consume, nameIn } from "../lab/consume.ts";
import { jobOf } from "../lab/job.ts";
import { startOrders } from "../lab/orders.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A worker is killed after the work and before its commit: the next one gets it all again. */
export const scenario: Scenario = {
  id: "D2",
  title: "A worker dies before its commit: redelivered, and no alarm",
  world: { kafka: "shared" },
  broken: {
    rule: "what was processed again at offsets that were done is no second copy",
    file: "packages/store-redis/src/scripts.gen.ts",
    from: "local isCounted = not isWhole and #known == 0",
    to: "local isCounted = not isWhole",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const names = await orders.send(topic, 30);
    const worker = lab.start("worker", { group, topic });
    await worker.until("the worker to do twenty", (told) => told.length === 20);
    await lab.until("its work to be reported", async () => (await repeatsOf(lab, topic, group)).processed === 20);
    await worker.kill();

    const runs: string[] = [];
    await consume(lab, lab.service("second-worker").kafka(), {
      group,
      topic,
      eachMessage: async ({ message }) => void runs.push(nameIn(message)),
    });
    await lab.until("the second worker to do everything", () => names.every((name) => runs.includes(name)));
    lab.check("the twenty are counted as redelivered, and nothing else", async () => {
      const { processed, redelivered, producedTwice, redriven, replayed } = await repeatsOf(lab, topic, group);
      return processed === 30 && redelivered === 20 && producedTwice + redriven + replayed === 0;
    });
    return { lost: [], says: [] };
  },
  processes: {
    async worker(self) {
      const { group, topic } = jobOf(self);
      const never = new Promise<void>(() => {});
      let count = 0;
      await consume(self, self.service("worker").kafka(), {
        group,
        topic,
        eachMessage: async ({ message }) => {
          count += 1;
          if (count > 20) await never;
          await self.tell(nameIn(message));
        },
      });
      await never;
    },
  },
};
