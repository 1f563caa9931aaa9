import { consume, nameIn } from "../lab/consume.ts";
import { jobOf } from "../lab/job.ts";
import { lossySockets } from "../lab/lossy-sockets.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/**
 * With onDuplicate "skip": answers are lost and the log holds messages twice, and a worker dies before its commit. Each
 * worker's handler runs once for a message that is stored twice. What the dead one had not committed runs again: only it
 * knew whether it had.
 */
export const scenario: Scenario = {
  id: "D7",
  title: "onDuplicate: skip, with messages stored twice and a worker that dies before its commit",
  world: { kafka: "shared" },
  broken: {
    rule: "a second copy that its producer stored is skipped",
    file: "packages/kafkajs/src/handler-watch.ts",
    from: "if (!skips) await",
    to: "await",
    mayThrow: "The handler ran again for",
  },
  async play(lab) {
    const topic = await lab.kafka.topic("orders");
    const group = lab.name("billing");
    const shop = lab.service("shop");
    const sockets = lossySockets();
    const kafka = shop.kafka({}, { socketFactory: sockets.create, retry: { initialRetryTime: 100, retries: 8 } });
    const producer = kafka.producer();
    await producer.connect();
    const send = async (count: number) => {
      const messages = shop.messages(topic, 0, count);
      await producer.send({ topic, messages });
      return messages.map(({ value }) => value);
    };

    const worker = lab.start("worker", { group, topic });
    const names = [...(await send(10))];
    for (let round = 0; round < 5; round += 1) {
      sockets.loseNextAnswer();
      names.push(...(await send(1)));
    }
    const copies = (await lab.kafka.stored(topic)).length - names.length;
    if (copies < 5) throw new Error(`The log holds ${copies} copies only.`);
    await worker.until("the worker to have seen everything", (told) => told.includes(names.at(-1)));
    await lab.until("its work to be reported", async () => (await repeatsOf(lab, topic, group)).processed === 15);
    await worker.kill();

    const runs: string[] = [];
    const second = await send(5);
    await consume(lab, lab.service("second-worker").kafka({ onDuplicate: "skip" }), {
      group,
      topic,
      eachMessage: async ({ message }) => void runs.push(nameIn(message)),
    });
    await lab.until("the second worker to do the rest", () => second.every((name) => runs.includes(name)));
    for (const [who, ran, expected] of [
      ["first", worker.told.map(String), names],
      ["second", runs, [...names, ...second]],
    ] as const) {
      const doubled = ran.filter((name, at) => ran.indexOf(name) !== at);
      if (doubled.length > 0) throw new Error(`The ${who} worker's handler ran again for ${doubled.join(", ")}.`);
      const left = expected.filter((name) => !ran.includes(name));
      if (left.length > 0) throw new Error(`The ${who} worker's handler never ran for ${left.join(", ")}.`);
    }
    lab.check("each skipped one is counted: as stored twice, as redelivered, and as skipped", async () => {
      const { processed, producedTwice, redelivered, skipped } = await repeatsOf(lab, topic, group);
      return processed === 20 && producedTwice === 5 && redelivered >= 15 && skipped >= 2 * copies;
    });
    return { lost: [], says: [] };
  },
  processes: {
    async worker(self) {
      const { group, topic } = jobOf(self);
      const consumer = await consume(self, self.service("worker").kafka({ onDuplicate: "skip" }), {
        group,
        topic,
        autoCommit: false,
        eachMessage: async ({ message }) => await self.tell(nameIn(message)),
      });
      await new Promise<void>((resolve) => consumer.on(consumer.events.STOP, () => resolve()));
    },
  },
};
