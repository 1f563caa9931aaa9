import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** A group rests for longer than its offsets are kept (a minute here), and begins at the end when it is back. */
export const scenario: Scenario = {
  id: "C16",
  title: "The group's offsets expired, and it resumes at latest",
  world: { kafka: "shared" },
  verdictLimitMs: 30_000,
  broken: {
    rule: "a member that began above what its group had committed skipped what lies between",
    file: "packages/core/src/kafka-entry.ts",
    from: "if (rest?.era === era) return rangeOf(",
    to: "if (rest?.era === -1) return rangeOf(",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const shop = lab.service("shop");
    const producer = shop.kafka().producer();
    await producer.connect();
    const sent: string[] = [];
    const send = async (count: number) => {
      const messages = shop.messages(topic, 0, count);
      await producer.send({ topic, messages });
      sent.push(...messages.map(({ value }) => value));
    };

    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic, fromBeginning: false });
    await lab.established(topic, 0, async () => await send(1));
    await worker.leave();
    const before = sent.length;
    await send(40);
    await lab.knows(topic, 0, sent.at(-1));
    const admin = await lab.kafka.admin();
    const hasExpired = async () => {
      const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      return found?.partitions.every(({ offset }) => Number(offset) < 0) ?? false;
    };
    await lab.until("its offsets to expire", hasExpired, 120_000);
    const again = await Worker.start(lab, lab.service("worker-again").kafka(), { group, topic, fromBeginning: false });
    lab.lostNow();
    await lab.until("it to work again", async () => {
      await send(1);
      return again.handled.size > 0;
    });

    const first = sent.findIndex((name) => again.handled.has(name));
    await lab.until("it to reach the end", () => again.hasHandled(sent.slice(first)));
    const lost = sent.slice(before, first);
    return { lost, says: [{ state: "confirmed", verdict: "consume.skipped", group, names: lost }] };
  },
};
