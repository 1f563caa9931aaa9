import { consume, nameIn } from "../lab/consume.ts";
import { jobOf } from "../lab/job.ts";
import { startOrders } from "../lab/orders.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The twin of C1 that never commits: the next worker begins anew, so everything is done, and much of it twice. */
export const scenario: Scenario = {
  id: "C1.forgotten",
  title: "Commits are forgotten, then the worker is killed: all is done again",
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
    const names = await orders.send(topic, 20);
    const worker = lab.start("worker", { group, topic });
    await worker.until("the worker to have done everything", (told) => told.length === names.length);
    await lab.until("its work to be reported", async () => (await repeatsOf(lab, topic, group)).processed === 20);
    await worker.kill();

    const handled = new Set<string>();
    await consume(lab, lab.service("second-worker").kafka(), {
      group,
      topic,
      eachMessage: async ({ message }) => void handled.add(nameIn(message)),
    });
    await lab.until("the second worker to do all again", () => names.every((name) => handled.has(name)));
    lab.check("all of it is counted as redelivered", async () => {
      const { redelivered, replayed, producedTwice } = await repeatsOf(lab, topic, group);
      return redelivered === names.length && replayed + producedTwice === 0;
    });
    return { lost: [], says: [] };
  },
  processes: {
    async worker(self) {
      const { group, topic } = jobOf(self);
      await consume(self, self.service("worker").kafka(), {
        group,
        topic,
        autoCommit: false,
        eachMessage: async ({ message }) => await self.tell(nameIn(message)),
      });
      await new Promise<void>(() => {});
    },
  },
};
