import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** The only copy of a partition lies on a disk that is lost. */
export const scenario: Scenario = {
  id: "S2",
  title: "The disk of the only copy is lost",
  world: { kafka: "alone" },
  broken: {
    rule: "what lay above the place where the log was cut is gone",
    file: "packages/core/src/kafka-gone.ts",
    from: "const gone = older.filter((place) => place.low >= cut);",
    to: "const gone = older.filter((place) => place.low > cut + 1_000_000);",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders", { assignment: [[2]], config: { "min.insync.replicas": "1" } });
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
    const broker = lab.broker(2);
    lab.afterwards(async () => await broker.start());

    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    await lab.established(topic, 0, async () => await send(1));
    await worker.leave();
    await send(50);
    await lab.knows(topic, 0, sent.at(-1));
    await broker.stop("SIGTERM");
    rmSync(join(broker.dataDir ?? "", `${topic}-0`), { recursive: true });
    await broker.start();
    lab.lostNow();
    await lab.until("the partition to be led again", async () => (await lab.kafka.leaderOf(topic, 0)) === 2);

    const kept = new Set((await lab.kafka.stored(topic)).map(({ name }) => name));
    const lost = sent.filter((name) => !kept.has(name) && !worker.handled.has(name));
    return { lost, says: [{ state: "confirmed", verdict: "store.truncated", names: lost }] };
  },
};
