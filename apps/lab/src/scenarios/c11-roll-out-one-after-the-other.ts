import type { Consumer } from "kafkajs";
import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** Two bare instances are replaced by watched ones, one after the other, under load, as a deploy does. */
export const scenario: Scenario = {
  id: "C11.roll-out",
  title: "A roll-out instruments one instance after the other: nothing is called lost",
  world: { kafka: "shared" },
  broken: {
    rule: "a hole in the testimony is a doubt, and no proof",
    file: "packages/core/src/kafka-group.ts",
    from: 'return compacted?.kind === "compacted" ? compacted : { ...compacted, kind: "doubt", cause: group.holeCause };',
    to: 'return { kind: "proven", verdict: "store.missing", leftBehindFrom: undefined };',
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 2 });
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const handled = new Set<string>();
    const foreign = new Set<string>();
    const work = (isWatched: boolean) => ({
      group,
      topic,
      eachMessage: async ({ message }: { readonly message: { readonly value: Buffer | null } }) => {
        handled.add(nameIn(message));
        if (!isWatched) foreign.add(nameIn(message));
      },
    });
    const names: string[] = [];
    const send = async () => {
      for (const partition of [0, 1]) names.push(...(await orders.send(topic, 10, partition)));
      await lab.until("all to be worked", () => names.every((name) => handled.has(name)));
    };

    const old: Consumer[] = [];
    for (let at = 0; at < 2; at += 1) old.push(await consume(lab, lab.kafka.bare(), work(false)));
    await send();
    for (const instance of old) {
      await instance.disconnect();
      await send();
      await consume(lab, lab.service("worker").kafka(), work(true));
      await send();
    }
    for (let round = 0; round < 5; round += 1) await send();
    const may = [{ state: "in-doubt" as const, group, names: foreign }];
    return { lost: [], says: [], may };
  },
};
