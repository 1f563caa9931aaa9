import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** While the group rests, an operator's script moves it forward with a watched admin, and another time to the end. */
export const scenario: Scenario = {
  id: "C5.admin",
  title: "A watched admin moves a resting group forward (setOffsets, resetOffsets)",
  world: { kafka: "shared" },
  broken: {
    rule: "what a watched admin moves a group past is skipped",
    file: "packages/kafkajs/src/watched-admin.ts",
    from: "if (to > from) ",
    to: "if (to < from) ",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { partitions: 2 });
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const handled = new Set<string>();
    const kafka = lab.service("worker").kafka();
    const work = async ({ fromBeginning = true } = {}) =>
      await consume(lab, kafka, {
        group,
        topic,
        fromBeginning,
        eachMessage: async ({ message }) => void handled.add(nameIn(message)),
      });
    const isWorked = (names: readonly string[]) => names.every((name) => handled.has(name));
    const firstLife = await work();
    const first = [...(await orders.send(topic, 5, 0)), ...(await orders.send(topic, 5, 1))];
    await lab.until("the first to be worked", () => isWorked(first));
    await firstLife.disconnect();
    const second = [await orders.send(topic, 20, 0), await orders.send(topic, 20, 1)] as const;

    const admin = lab.service("operator").kafka().admin();
    await admin.connect();
    await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: "17" }] });
    const secondLife = await work();
    const rest = [...second[0].slice(12), ...second[1]];
    await lab.until("the rest to be worked", () => isWorked(rest));
    await secondLife.disconnect();

    const third = [...(await orders.send(topic, 15, 0)), ...(await orders.send(topic, 10, 1))];
    await lab.passes(3);
    // kafkajs forgets the group's offsets for it: who comes next enters where it is told to, here at the end.
    await admin.resetOffsets({ groupId: group, topic, earliest: false });
    lab.lostNow();
    await lab.passes(3);
    await admin.disconnect();
    await work({ fromBeginning: false });
    const last: readonly [string[], string[]] = [[], []];
    // It has joined before it has asked for the end, so what is sent meanwhile may be skipped as well.
    await lab.until("the group to work again in both", async () => {
      for (const partition of [0, 1] as const) last[partition].push(...(await orders.send(topic, 1, partition)));
      return last.every((names) => handled.has(names.at(-2) ?? ""));
    });
    const behind = (names: readonly string[]) => names.slice(names.findIndex((name) => handled.has(name)));
    await lab.until("the last to be worked", () => last.every((names) => isWorked(behind(names))));
    await lab.kafka.committed(group, topic, 0, 40 + last[0].length);
    await lab.kafka.committed(group, topic, 1, 35 + last[1].length);
    lab.lastFactNow();

    const lost = [...second[0], ...third, ...last.flat()].filter((name) => !handled.has(name));
    lab.check("both moves took what they were to take", () => lost.length >= 12 + third.length);
    return { lost, says: [{ state: "confirmed", verdict: "consume.skipped", group, names: lost }] };
  },
};
