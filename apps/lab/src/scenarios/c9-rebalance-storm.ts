import type { Consumer } from "kafkajs";
import { consume, nameIn } from "../lab/consume.ts";
import { pace } from "../lab/load-pace.ts";
import { startOrders } from "../lab/orders.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

const stormMs = 30_000;
const stepMs = 1_000;
/** How many members there are after each step. */
const tide = [1, 2, 3, 4, 3, 2] as const;

/** Members come and go each second for half a minute, under load. */
export const scenario: Scenario = {
  id: "C9",
  title: "A rebalance storm: members join and leave every second",
  world: { kafka: "shared" },
  broken: {
    rule: "what a member worked counts as processed, whoever works the partition by now",
    file: "packages/store-redis/src/scripts.gen.ts",
    from: 'addReceipts(\\"rp\\", stream, processed, assigned)',
    to: 'addReceipts(\\"rp\\", stream, {}, assigned)',
  },
  async play(lab) {
    const partitions = 4;
    const topic = await lab.kafka.topic("orders", { partitions });
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const runs = new Map<string, number>();
    const joinOne = async (): Promise<Consumer> =>
      await consume(lab, lab.service("worker").kafka(), {
        group,
        topic,
        config: { rebalanceTimeout: 6_000 },
        eachMessage: async ({ message }) => void runs.set(nameIn(message), (runs.get(nameIn(message)) ?? 0) + 1),
      });

    const names: string[] = [];
    const members: Consumer[] = [await joinOne()];
    const endAtMs = performance.now() + stormMs;
    const over = new AbortController();
    const load = (async () => {
      while (!over.signal.aborted) {
        for (let partition = 0; partition < partitions; partition += 1) {
          names.push(...(await orders.send(topic, 5, partition)));
        }
        await pace(150, over.signal);
      }
    })();
    for (let step = 0; performance.now() < endAtMs; step += 1) {
      const stepEndMs = performance.now() + stepMs;
      const wanted = tide[step % tide.length] ?? 1;
      if (members.length < wanted) members.push(await joinOne());
      else if (members.length > wanted) await members.shift()?.disconnect();
      await pace(stepEndMs - performance.now());
    }
    over.abort();
    await load;
    await lab.until("everything to be worked", () => names.every((name) => runs.has(name)));
    const runCount = [...runs.values()].reduce((sum, count) => sum + count, 0);
    lab.figure("messages", names.length);
    lab.figure("redelivered", runCount - names.length);
    lab.check("each further run is counted as redelivered", async () => {
      const { processed, redelivered, producedTwice, replayed } = await repeatsOf(lab, topic, group);
      return processed === names.length && redelivered === runCount - names.length && producedTwice + replayed === 0;
    });
    return { lost: [], says: [] };
  },
};
