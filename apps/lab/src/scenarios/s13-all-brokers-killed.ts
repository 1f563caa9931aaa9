import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

/** kill -9 for every broker: what they had been given lies in the operating system's memory, and is there when they are back. */
export const scenario: Scenario = {
  id: "S13",
  title: "Every broker is killed, and the machine lives on",
  world: { kafka: "alone" },
  broken: {
    rule: "what a member worked counts as processed",
    file: "packages/store-redis/src/scripts.gen.ts",
    from: 'addReceipts(\\"rp\\", stream, processed, assigned)',
    to: 'addReceipts(\\"rp\\", stream, {}, assigned)',
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
    lab.afterwards(async () => {
      await Promise.all(lab.brokers.map((broker) => broker.start()));
    });

    const worker = await Worker.start(lab, lab.service("worker").kafka(), { group, topic });
    await lab.established(topic, 0, async () => await send(1));
    await worker.leave();
    await send(50);
    await lab.knows(topic, 0, sent.at(-1));
    await Promise.all(lab.brokers.map((broker) => broker.stop("SIGKILL")));
    await Promise.all(lab.brokers.map((broker) => broker.start()));
    const again = await Worker.start(lab, lab.service("worker-again").kafka(), { group, topic });
    await lab.until("the rest to be worked", () =>
      sent.every((name) => worker.handled.has(name) || again.handled.has(name)),
    );

    return { lost: [], says: [] };
  },
};
