import { consume, nameIn } from "../lab/consume.ts";
import { jobOf } from "../lab/job.ts";
import { startOrders } from "../lab/orders.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The twin of C1: each commit comes after its message's work. What was in work at the kill, another worker does again. */
export const scenario: Scenario = {
  id: "C1.correct",
  title: "Each offset is committed after the work, then the worker is killed: nothing is lost",
  world: { kafka: "shared" },
  broken: {
    rule: "what a member worked counts as processed",
    file: "packages/store-redis/src/scripts.gen.ts",
    from: 'addReceipts(\\"rp\\", stream, processed, assigned)',
    to: 'addReceipts(\\"rp\\", stream, {}, assigned)',
    mayThrow: "in vain for the first five to be reported",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const names = await orders.send(topic, 20);
    const worker = lab.start("worker", { group, topic });
    await worker.until("the worker to be at its sixth message", (told) => told.includes("at the sixth"));
    await lab.until("the first five to be reported", async () => (await repeatsOf(lab, topic, group)).processed === 5);
    await worker.kill();

    const handled = new Set<string>();
    await consume(lab, lab.service("second-worker").kafka(), {
      group,
      topic,
      eachMessage: async ({ message }) => void handled.add(nameIn(message)),
    });
    await lab.until("the second worker to do the rest", () => names.slice(5).every((name) => handled.has(name)));
    const again = names.slice(0, 5).filter((name) => handled.has(name)).length;
    lab.check("what was worked twice is counted as redelivered", async () => {
      const { processed, redelivered } = await repeatsOf(lab, topic, group);
      return processed === names.length && redelivered === again;
    });
    return { lost: [], says: [] };
  },
  processes: {
    async worker(self) {
      const { group, topic } = jobOf(self);
      const never = new Promise<void>(() => {});
      const consumer = await consume(self, self.service("worker").kafka(), {
        group,
        topic,
        autoCommit: false,
        eachMessage: async ({ message, partition }) => {
          if (nameIn(message).endsWith("|6")) {
            await self.tell("at the sixth");
            await never;
          }
          const offset = String(Number(message.offset) + 1);
          await consumer.commitOffsets([{ topic, partition, offset }]);
        },
      });
      await never;
    },
  },
};
