import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** A copy that had missed the last messages becomes leader: acknowledged by all copies in step, they are gone. */
export const scenario: Scenario = {
  id: "S1",
  title: "An unclean leader election throws acknowledged messages away",
  world: { kafka: "alone" },
  broken: {
    rule: "what lay above the place where the log was cut is gone",
    file: "packages/core/src/kafka-gone.ts",
    from: "const gone = older.filter((place) => place.low >= cut);",
    to: "const gone = older.filter((place) => place.low > cut + 1_000_000);",
  },
  async play(lab) {
    const config = { "unclean.leader.election.enable": "true", "min.insync.replicas": "1" };
    const topic = await lab.kafka.topic("orders", { assignment: [[1, 2]], config });
    const group = lab.name("billing");
    const shop = lab.service("shop");
    const producer = shop.kafka().producer();
    await producer.connect();
    const sent: string[] = [];
    const send = async (count: number) => {
      const messages = shop.messages(topic, 0, count);
      await producer.send({ topic, messages, acks: -1 });
      sent.push(...messages.map(({ value }) => value));
    };
    lab.afterwards(async () => {
      for (const broker of [1, 2]) await lab.broker(broker).start();
    });

    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    await lab.established(topic, 0, async () => await send(1));
    await worker.leave();
    await lab.broker(2).stop("SIGTERM");
    await send(50);
    await lab.knows(topic, 0, sent.at(-1));
    await lab.broker(1).stop("SIGKILL");
    await lab.broker(2).start();
    await lab.until("the copy that missed them to lead", async () => (await lab.kafka.leaderOf(topic, 0)) === 2);
    lab.lostNow();
    await lab.broker(1).start();

    const kept = new Set((await lab.kafka.stored(topic)).map(({ name }) => name));
    const lost = sent.filter((name) => !kept.has(name) && !worker.handled.has(name));
    return { lost, says: [{ state: "confirmed", verdict: "store.truncated", names: lost }] };
  },
};
