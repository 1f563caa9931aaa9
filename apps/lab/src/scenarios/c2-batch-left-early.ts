import type { Consumer, EachBatchPayload } from "kafkajs";
import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import type { Said, Scenario } from "../lab/scenario.ts";

/** Works a batch and stops after ten messages when it is told to, as kafkajs's own documentation shows it. */
async function workTen(
  payload: EachBatchPayload,
  isToStop: () => boolean,
  handled: (name: string) => Promise<void> | void,
): Promise<void> {
  for (const message of payload.batch.messages) {
    await handled(nameIn(message));
    payload.resolveOffset(message.offset);
    if (isToStop()) break;
  }
}

/** Three groups leave a batch early, each for another reason. kafkajs then resolves, and commits, the rest of it. */
export const scenario: Scenario = {
  id: "C2",
  title: "eachBatch returns early, and the rest of the batch is resolved by itself",
  world: { kafka: "shared" },
  broken: {
    rule: "messages that a handler which left early never touched are left behind",
    file: "packages/kafkajs/src/batch-outcome.ts",
    from: 'return index > reading.yielded && reading.iteration === "closed-early" ? "left" : "unknown";',
    to: 'return "unknown";',
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const orders = await startOrders(lab.service("shop"));
    const names = await orders.send(topic, 100);
    const rest = names.slice(10);
    const says: Said[] = [];

    const start = async (
      base: string,
      isToStop: (payload: EachBatchPayload, count: number) => boolean,
      atTen: (consumer: Consumer) => void = () => {},
    ): Promise<void> => {
      const group = lab.name(base);
      const handled = new Set<string>();
      const consumer = await consume(lab, lab.service(base).kafka(), {
        group,
        topic,
        eachBatch: async (payload) => {
          await workTen(
            payload,
            () => isToStop(payload, handled.size),
            (name) => {
              handled.add(name);
              if (handled.size === 10) atTen(consumer);
            },
          );
        },
      });
      await lab.until(`${base} to leave its batch`, () => handled.size >= 10);
      await lab.kafka.committed(group, topic, 0, 100);
      lab.lostNow();
      says.push({ state: "confirmed", verdict: "consume.given-up", group, names: rest });
    };
    await start("breaks-out", (_, count) => count === 10);
    await start(
      "no-longer-running",
      (payload) => !payload.isRunning(),
      (consumer) => void consumer.disconnect(),
    );
    await start(
      "stale",
      (payload) => payload.isStale(),
      (consumer) => consumer.seek({ topic, partition: 0, offset: "100" }),
    );
    return { lost: rest, says };
  },
};
