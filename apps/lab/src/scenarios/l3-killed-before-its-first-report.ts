import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** A producer sends and is killed before it could report anything: all of it is worked, and nobody raises an alarm. */
export const scenario: Scenario = {
  id: "L3",
  title: "A producer is killed before its first report",
  world: { kafka: "shared" },
  broken: {
    rule: "what a member worked counts as processed",
    file: "packages/store-redis/src/scripts.gen.ts",
    from: 'addReceipts(\\"rp\\", stream, processed, assigned)',
    to: 'addReceipts(\\"rp\\", stream, {}, assigned)',
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    await lab.established(topic, 0, async () => await orders.send(topic, 1));

    const names: string[] = [];
    for (const life of [1, 2, 3]) {
      const brief = lab.start("brief", { topic, life });
      await brief.until("it to have sent", (told) => told.length > 0);
      await brief.kill();
      names.push(...brief.told.flatMap((told) => (Array.isArray(told) ? told.map(String) : [])));
    }
    const after = await orders.send(topic, 5);
    await lab.until("everything to be worked", () => worker.hasHandled([...names, ...after]));
    return { lost: [], says: [] };
  },
  processes: {
    async brief(self) {
      const { topic, life } = toInput(self.input);
      const orders = await startOrders(self.service(`brief-${life}`));
      await self.tell(await orders.send(topic, 10));
      await new Promise<void>(() => {});
    },
  },
};

function toInput(input: unknown): { readonly topic: string; readonly life: string } {
  const read = (key: string): string => (typeof input === "object" && input ? String(Reflect.get(input, key)) : "");
  return { topic: read("topic"), life: read("life") };
}
