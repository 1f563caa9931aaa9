import { track } from "@seqwatch/kafkajs";
import { consume, nameIn } from "../lab/consume.ts";
import { jobOf } from "../lab/job.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A handler starts its work in the background and returns: kafkajs commits, the process dies, the work was never done. */
export const scenario: Scenario = {
  id: "C3",
  title: "Work in the background, told by track(), is lost with its process",
  world: { kafka: "shared" },
  broken: {
    rule: "track() holds a message open until its work is over",
    file: "packages/client/src/tracked.ts",
    from: "return work.openCount > 0 || work.hasFailed;",
    to: "return false;",
    mayThrow: "in vain for what it had worked and committed to be reported",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const names = await orders.send(topic, 20);
    const worker = lab.start("worker", { group, topic });
    await worker.until("the worker to have seen everything", (told) => told.length === names.length);
    await lab.kafka.committed(group, topic, 0, names.length);
    await lab.until("what it had worked and committed to be reported", async () => {
      const [stream] = await lab.api.streams(topic);
      const text = JSON.stringify(stream?.["groups"] ?? []);
      return text.includes('"processed":12,') && text.includes('"committed":20');
    });
    await worker.kill();
    lab.lostNow();

    const undone = names.slice(12);
    return { lost: undone, says: [{ state: "in-doubt", verdict: "consume.unprocessed", group, names: undone }] };
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
          // The first twelve come to an end, the others never do.
          void track(message, count > 12 ? never : Promise.resolve());
          await self.tell(nameIn(message));
        },
      });
      await never;
    },
  },
};
