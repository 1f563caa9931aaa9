import { clientOf } from "@seqwatch/kafkajs";
import { Growth } from "../lab/growth.ts";
import type { Scenario } from "../lab/scenario.ts";
import { Worker } from "../lab/worker.ts";

const producers = 100;
const lives = 5;

/** A hundred producers are restarted over and over, a life of each being seconds here: only the living leave a trace. */
export const scenario: Scenario = {
  id: "G2",
  title: "A hundred producers that restart again and again",
  world: { kafka: "alone" },
  broken: {
    rule: "a stream that ended and was finished is collected",
    file: "packages/core/src/collection.ts",
    from: "if (busy.has(producerId) || !isOver(input, ledger)) return [];",
    to: "if (busy.has(producerId) || isOver(input, ledger)) return [];",
  },
  async play(lab) {
    const growth = await Growth.start(lab);
    const topic = await lab.kafka.topic("orders", { partitions: 3 });
    const workers = growth.kafka("worker");
    const worker = await Worker.start(lab, workers, { group: lab.name("billing"), topic });
    const sent: string[] = [];
    const liveOnce = async (life: number, index: number) => {
      const kafka = growth.kafka(`shop-${index}`);
      const producer = kafka.producer();
      await producer.connect();
      const messages = [0, 1, 2].map((partition) => ({ value: `order ${life} ${index} ${partition}`, partition }));
      await producer.send({ topic, messages });
      sent.push(...messages.map(({ value }) => value));
      await producer.disconnect();
      await clientOf(kafka)?.close();
    };
    for (let life = 1; life <= lives; life += 1) {
      for (let from = 0; from < producers; from += 20) {
        await Promise.all(Array.from({ length: 20 }, (_, index) => liveOnce(life, from + index)));
      }
      await lab.until("this life's messages to be worked", () => worker.hasHandled(sent));
      lab.figure(`life${life}.streams`, await growth.streams(topic));
      await growth.tell(`life${life}`);
    }
    lab.check("no stream of a producer that has ended is left", async () => (await growth.streams(topic)) === 0);
    lab.check("a few hundred bytes a lane are left", async () => {
      const { bytes } = await growth.tell("after");
      // What remains are the signs of clients that said goodbye, for a quarter of an hour.
      return bytes < producers * lives * 1_000;
    });
    return { lost: [], says: [] };
  },
};
