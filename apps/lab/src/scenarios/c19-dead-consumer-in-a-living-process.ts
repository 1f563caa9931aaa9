import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** After an error that no retry can mend kafkajs stops the consumer for good. The process goes on, and nobody notices. */
export const scenario: Scenario = {
  id: "C19",
  title: "A consumer is dead in a living process",
  world: { kafka: "shared" },
  broken: {
    rule: "a group whose consumer ended for good in a living process stands still",
    file: "packages/core/src/kafka-pending.ts",
    from: "return alive.find(({ claim }) => claim.crash !== undefined)?.claim.crash;",
    to: "return undefined;",
    mayThrow: "in vain for the standstill to be said",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const kafka = lab.service("worker").kafka();
    const handled = new Set<string>();
    const work = async (failsAt: string) =>
      await consume(lab, kafka, {
        group,
        topic,
        eachMessage: async ({ message }) => {
          if (nameIn(message) === failsAt) throw new TypeError("lamp is undefined");
          handled.add(nameIn(message));
        },
      });
    const first = await orders.send(topic, 10);
    const consumer = await work(first[6] ?? "");
    const dead = new Promise<boolean>((resolve) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => resolve(!payload.restart));
    });
    if (!(await dead)) throw new Error("kafkajs started the consumer again.");
    const saysSoAt = Date.now();

    const standstill = async (count: number) => {
      const { findings } = await lab.api.get(`/api/v1/findings?destination=${topic}&verdict=consume.stopped`);
      return JSON.stringify(findings).includes(`"messageCount":${count},`) ? findings : undefined;
    };
    await lab.until("the standstill to be said", async () => (await standstill(4)) !== undefined);
    lab.figure("saidAfterMs", Date.now() - saysSoAt);
    const second = await orders.send(topic, 5);
    await lab.until("what came to wait to be counted", async () => (await standstill(9)) !== undefined);

    await work("");
    await lab.until("the rest to be worked", () => [...first, ...second].every((name) => handled.has(name)));
    lab.check("the finding ends when the group goes on", async () =>
      JSON.stringify(await standstill(9)).includes('"state":"explained"'),
    );
    return {
      lost: [],
      says: [{ state: "explained", verdict: "consume.stopped", names: [...first.slice(6), ...second] }],
    };
  },
};
