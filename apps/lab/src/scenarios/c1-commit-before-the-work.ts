import { consume, nameIn } from "../lab/consume.ts";
import { jobOf } from "../lab/job.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A worker commits its whole batch first and is killed in the middle of the work. Nobody will ever do the rest. */
export const scenario: Scenario = {
  id: "C1",
  title: "The offset is committed before the work, then the worker is killed",
  world: { kafka: "shared" },
  broken: {
    rule: "a member that fell silent, with a commit beyond what it had worked, left the rest unprocessed",
    file: "packages/core/src/kafka-group.ts",
    from: 'verdict: died ? (early ? "consume.unprocessed" : "consume.unreported") : "store.missing",',
    to: 'verdict: "store.missing",',
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const names = await orders.send(topic, 20);
    const worker = lab.start("worker", { group, topic });
    await worker.until("the worker to be at its sixth message", (told) => told.includes("at the sixth"));
    await lab.until("what it had worked and committed to be reported", async () => {
      const [stream] = await lab.api.streams(topic);
      const text = JSON.stringify(stream?.["groups"] ?? []);
      return text.includes('"processed":5,') && text.includes('"committed":20');
    });
    await worker.kill();
    lab.lostNow();

    const undone = names.slice(5);
    return { lost: undone, says: [{ state: "in-doubt", verdict: "consume.unprocessed", group, names: undone }] };
  },
  processes: {
    async worker(self) {
      const { group, topic } = jobOf(self);
      const never = new Promise<void>(() => {});
      const consumer = await consume(self, self.service("worker").kafka(), {
        group,
        topic,
        autoCommit: false,
        eachBatch: async ({ batch, ...payload }) => {
          const end = String(Number(batch.lastOffset()) + 1);
          await consumer.commitOffsets([{ topic, partition: 0, offset: end }]);
          for (const message of batch.messages) {
            if (nameIn(message).endsWith("|6")) {
              await self.tell("at the sixth");
              await never;
            }
            payload.resolveOffset(message.offset);
          }
        },
      });
      await never;
    },
  },
};
