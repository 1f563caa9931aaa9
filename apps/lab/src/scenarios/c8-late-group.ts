import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A group that is new begins at the end of a log with a thousand messages: they were never meant for it. */
export const scenario: Scenario = {
  id: "C8",
  title: "A group joins late, from the latest message",
  world: { kafka: "shared" },
  broken: {
    rule: "what lies before the first thing a group testified is in doubt because it joined late, and for no other reason",
    file: "packages/core/src/kafka-context.ts",
    from: 'if ((done[0] ?? 0) > 0 && done.length === 2) return "joined-late";',
    to: "",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("reports");
    const orders = await startOrders(lab.service("shop"));
    const before = await orders.send(topic, 1_000);
    const handled = new Set<string>();
    await consume(lab, lab.service("worker").kafka(), {
      group,
      topic,
      fromBeginning: false,
      eachMessage: async ({ message }) => void handled.add(nameIn(message)),
    });
    await lab.until("the group to have begun", async () => {
      const [name = ""] = await orders.send(topic, 1);
      return handled.has(name) || handled.size > 0;
    });
    const [first = ""] = handled;
    const early = [...before, ...(await namesBefore(lab, topic, first))];
    const last = await orders.send(topic, 10);
    await lab.until("the last to be worked", () => last.every((name) => handled.has(name)));
    return { lost: [], says: [{ state: "in-doubt", cause: "joined-late", group, names: early }] };
  },
};

/** What was sent while the group was about to begin. */
async function namesBefore(
  lab: Parameters<Scenario["play"]>[0],
  topic: string,
  first: string,
): Promise<readonly string[]> {
  const stored = (await lab.kafka.stored(topic)).map(({ name }) => name);
  return stored.slice(1_000, stored.indexOf(first));
}
