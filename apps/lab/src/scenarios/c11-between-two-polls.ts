import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A member without an interceptor joins beside a watched one, works what it gets for a moment, and is gone again. */
export const scenario: Scenario = {
  id: "C11.briefly",
  title: "A member without interceptor works for a moment and is gone: in doubt, never lost",
  world: { kafka: "shared" },
  broken: {
    rule: "a hole in the testimony is a doubt, and no proof",
    file: "packages/core/src/kafka-group.ts",
    from: 'return compacted?.kind === "compacted" ? compacted : { ...compacted, kind: "doubt", cause: group.holeCause };',
    to: 'return { kind: "proven", verdict: "store.missing", leftBehindFrom: undefined };',
  },
  async play(lab) {
    const partitions = [0, 1];
    const topic = await lab.kafka.topic("orders", { partitions: partitions.length });
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
    const names: string[] = [];
    const send = async () => {
      for (const partition of partitions) names.push(...(await orders.send(topic, 5, partition)));
      await lab.until("all to be worked", () => names.every((name) => watched.has(name) || unwatched.has(name)));
    };
    await consume(lab, lab.service("worker").kafka(), work(watched));
    await send();
    const stranger = await consume(lab, lab.kafka.bare(), work(unwatched));
    await send();
    await stranger.disconnect();
    await send();

    const foreign = names.filter((name) => !watched.has(name));
    return { lost: [], says: [{ state: "in-doubt", group, names: foreign }] };
  },
};
