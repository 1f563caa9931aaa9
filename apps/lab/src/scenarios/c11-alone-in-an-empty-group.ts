import { consume, nameIn } from "../lab/consume.ts";
import { startOrders } from "../lab/orders.ts";
import type { Scenario } from "../lab/scenario.ts";

/** While the watched member is away, one without an interceptor comes, works everything at once, commits and leaves. */
export const scenario: Scenario = {
  id: "C11.alone",
  title: "A member without interceptor works in an empty group and is gone: in doubt, never lost",
  world: { kafka: "shared" },
  broken: {
    rule: "a member that no client of ours names is foreign, and may have worked what the group went past",
    file: "packages/kafkajs/src/group-readings.ts",
    from: "members.filter(({ memberId }) => !ours.has(memberId)).length",
    to: "members.filter(() => false).length",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const orders = await startOrders(lab.service("shop"));
    const watched = new Set<string>();
    const unwatched = new Set<string>();
    const kafka = lab.service("worker").kafka();
    const work = async (by: typeof kafka, handled: Set<string>) =>
      await consume(lab, by, { group, topic, eachMessage: async ({ message }) => void handled.add(nameIn(message)) });
    const worker = await work(kafka, watched);
    const first = await orders.send(topic, 5);
    await lab.until("the first to be worked", () => first.every((name) => watched.has(name)));
    await worker.disconnect();
    await lab.passes(3);

    const foreign = await orders.send(topic, 10);
    const stranger = await work(lab.kafka.bare(), unwatched);
    await lab.until("the stranger to work", () => foreign.every((name) => unwatched.has(name)));
    await stranger.disconnect();
    await work(kafka, watched);
    const last = await orders.send(topic, 5);
    await lab.until("the last to be worked", () => last.every((name) => watched.has(name)));
    return { lost: [], says: [{ state: "in-doubt", cause: "foreign-member", group, names: foreign }] };
  },
};
