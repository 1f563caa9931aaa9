import { consume, nameIn } from "../lab/consume.ts";
import { jobOf } from "../lab/job.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";
import type { Self } from "../lab/self.ts";

const groupCount = 10;
const killCount = 5;
/** Ten sessions have to run out, on a machine that may be busy. */
const limitMs = 120_000;

/** A process with ten workers, each of its own group and its own client, is killed five times, at any instant. */
export const scenario: Scenario = {
  id: "C12",
  title: "Fifty workers are killed at any instant, also between commit and report",
  world: { kafka: "shared" },
  broken: {
    rule: "what was processed is no hole in the testimony",
    file: "packages/store-redis/src/scripts.gen.ts",
    from: 'addReceipts(\\"rp\\", stream, processed, assigned)',
    to: 'addReceipts(\\"rp\\", stream, {}, assigned)',
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const orders = await startOrders(lab.service("shop"));
    const names: string[] = [];
    const over = new AbortController();
    const load = (async () => {
      while (!over.signal.aborted) {
        names.push(...(await orders.send(topic, 5)));
        const restsUntilMs = performance.now() + 150;
        await lab.until("a short rest", () => performance.now() >= restsUntilMs || over.signal.aborted);
      }
    })();
    const groups = Array.from({ length: groupCount }, (_, at) => lab.name(`billing-${at}`));
    const hasWorked = (told: readonly unknown[], isWorked: (text: string) => boolean): boolean => {
      const texts = told.map(String).filter(isWorked);
      return groups.every((group) => texts.some((text) => text.startsWith(`${group} `)));
    };
    for (let kill = 0; kill < killCount; kill += 1) {
      const workers = lab.start("workers", { topic, groups });
      await workers.until("let every worker work", (told) => hasWorked(told, () => true), limitMs);
      const atMs = performance.now() + Math.random() * 1_000;
      await lab.until("any instant", () => performance.now() >= atMs);
      await workers.kill();
    }
    over.abort();
    await load;
    // What came before the last kill some group may have committed: only this one comes to all of them.
    names.push(...(await orders.send(topic, 1)));
    const last = lab.start("workers", { topic, groups });
    const isLast = (text: string): boolean => text.endsWith(` ${names.at(-1)}`);
    await last.until("reach the end in every group", (told) => hasWorked(told, isLast), limitMs);
    lab.figure("kills", groupCount * killCount);
    lab.figure("messages", names.length);
    return { lost: [], says: [], may: [{ state: "in-doubt", names }] };
  },
  processes: {
    async workers(self) {
      const { topic } = jobOf(self);
      const work = async (group: string) =>
        await consume(self, self.service("worker").kafka(), {
          group,
          topic,
          eachMessage: async ({ message }) => await self.tell(`${group} ${nameIn(message)}`),
        });
      await Promise.all(groupsOf(self).map(work));
      await self.received();
    },
  },
};

function groupsOf({ input }: Self): readonly string[] {
  const groups: unknown = typeof input === "object" && input !== null ? Reflect.get(input, "groups") : [];
  return Array.isArray(groups) ? groups.map(String) : [];
}
