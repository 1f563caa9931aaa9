import { rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** The machine goes down before the end of the log is on its disk: at its start the broker drops what is torn. */
export const scenario: Scenario = {
  id: "S3",
  title: "The end of a log was not flushed when its machine crashed",
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
    const sendOne = async () => {
      const messages = shop.messages(topic, 0, 1);
      await producer.send({ topic, messages });
      sent.push(...messages.map(({ value }) => value));
    };
    const broker = lab.broker(2);
    const folder = broker.dataDir ?? "";
    const segment = join(folder, `${topic}-0`, "00000000000000000000.log");
    lab.afterwards(async () => await broker.start());

    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    await lab.established(topic, 0, sendOne);
    await worker.leave();
    const flushedBytes = statSync(segment).size;
    for (let count = 0; count < 40; count += 1) await sendOne();
    await lab.knows(topic, 0, sent.at(-1));
    await broker.stop("SIGKILL");
    const writtenBytes = statSync(segment).size;
    truncateSync(segment, Math.floor((flushedBytes + writtenBytes) / 2));
    rmSync(join(folder, ".kafka_cleanshutdown"), { force: true });
    await broker.start();
    lab.lostNow();
    await lab.until("the partition to be led again", async () => (await lab.kafka.leaderOf(topic, 0)) === 2);

    const kept = new Set((await lab.kafka.stored(topic)).map(({ name }) => name));
    const lost = sent.filter((name) => !kept.has(name) && !worker.handled.has(name));
    return { lost, says: [{ state: "confirmed", verdict: "store.truncated", names: lost }] };
  },
};
