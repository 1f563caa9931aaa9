import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** One of two members of a group has no interceptor. What it works nobody can tell from a loss. */
export const scenario: Scenario = {
  id: "C11",
  title: "One member of a group has no interceptor: its messages are in doubt, never lost",
  world: { kafka: "shared" },
  broken: {
    rule: "a hole in the testimony of a group with a foreign member is put down to that member",
    file: "packages/core/src/kafka-context.ts",
    from: 'if (memory.foreignSeen) return "foreign-member";',
    to: "",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 2 });
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const watched = new Set<string>();
    const unwatched = new Set<string>();
    const work = (handled: Set<string>) => ({
      group,
      topic,
      eachMessage: async ({ message }: { readonly message: { readonly value: Buffer | null } }) => {
        handled.add(nameIn(message));
      },
    });
    await consume(lab, lab.service("worker").kafka(), work(watched));
    await consume(lab, lab.kafka.bare(), work(unwatched));
    const names: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      for (const partition of [0, 1]) names.push(...(await orders.send(topic, 10, partition)));
    }
    await lab.until("all to be worked", () => names.every((name) => watched.has(name) || unwatched.has(name)));

    const foreign = names.filter((name) => !watched.has(name));
    lab.figure("unwatched", foreign.length);
    return { lost: [], says: [{ state: "in-doubt", cause: "foreign-member", group, names: foreign }] };
  },
};
