import { consume, nameIn } from "../lab/consume.ts";
import { ModernMember } from "../lab/modern-member.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** While the watched member is away, one of another language and the newer group protocol works, commits and leaves. */
export const scenario: Scenario = {
  id: "C11.modern",
  title: "A member of the newer group protocol works where the watched one left: in doubt, never lost",
  world: { kafka: "shared" },
  broken: {
    rule: "a group that is of a newer protocol is not empty, whatever the older description says",
    file: "packages/kafkajs/src/group-readings.ts",
    from: 'isModern: state === "Dead" && (committed !== undefined || (await modernGroupsAt(coordinator)).has(groupId)),',
    to: "isModern: false,",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const watched = new Set<string>();
    const worker = await consume(lab, lab.service("worker").kafka(), {
      group,
      topic,
      eachMessage: async ({ message }) => void watched.add(nameIn(message)),
    });
    const first = await orders.send(topic, 5);
    await lab.until("the first to be worked", () => first.every((name) => watched.has(name)));
    await worker.disconnect();
    await lab.passes(3);

    const foreign = await orders.send(topic, 10);
    const stranger = await ModernMember.join(lab.kafka.brokers, group, topic);
    await lab.passes(3);
    const stored = await lab.kafka.stored(topic);
    await stranger.commit(topic, stored.length);
    await lab.passes(3);
    await stranger.leave();
    return { lost: [], says: [{ state: "in-doubt", group, names: foreign }] };
  },
};
