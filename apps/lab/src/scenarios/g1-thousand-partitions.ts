import { clientOf } from "@seqwatch/kafkajs";
import { Growth } from "../lab/growth.ts";
import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

const partitions = 1_000;

/**
 * A topic of a thousand partitions is written to and read, under an auditor that reads the logs and the group's offsets;
 * then everybody leaves, and what they left in Redis goes too.
 */
export const scenario: Scenario = {
  id: "G1",
  title: "A thousand partitions, and nothing of them once they are done",
  world: { kafka: "alone" },
  verdictLimitMs: 120_000,
  broken: {
    rule: "a lane without streams goes whole",
    file: "packages/core/src/collection.ts",
    from: "if (version === 0 || ledgers.size > 0) return [];",
    to: "if (version === 0 || ledgers.size >= 0) return [];",
  },
  async play(lab) {
    const growth = await Growth.start(lab, "records");
    const topic = await lab.kafka.topic("wide", { partitions, replicas: 1, config: { "min.insync.replicas": "1" } });
    const shop = growth.kafka("shop");
    const producer = shop.producer();
    await producer.connect();
    const workers = growth.kafka("worker");
    const worker = await Worker.start(lab, workers, { group: lab.name("billing"), topic });
    const messages = Array.from({ length: 3 * partitions }, (_, index) => ({
      value: `message ${index}`,
      partition: index % partitions,
    }));
    for (let from = 0; from < messages.length; from += 500) {
      await producer.send({ topic, messages: messages.slice(from, from + 500) });
    }
    await lab.until("everything to be worked", () => worker.hasHandled(messages.map(({ value }) => value)), 90_000);
    await lab.until("every lane to be known", async () => (await growth.measure()).lanes === partitions);
    const full = await growth.tell("full");
    lab.figure("full.bytesALane", Math.round(full.bytes / partitions));
    await producer.disconnect();
    await worker.leave();
    for (const kafka of [shop, workers]) await clientOf(kafka)?.close();

    lab.check("its auditor, which reads all of it, misses nothing", async () => {
      const open = new Set(["confirmed", "in-doubt", "suspected"]);
      return (await growth.api.findings()).every(({ state }) => !open.has(state));
    });
    lab.check("nothing of the thousand lanes is left", async () => (await growth.tell("after")).lanes === 0);
    return { lost: [], says: [] };
  },
};
