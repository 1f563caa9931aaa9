import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** Messages that outlive their queue's time-to-live go to a queue that somebody looks after. */
export const scenario: Scenario = {
  id: "S9",
  title: "Expired messages go to a dead-letter queue that somebody reads",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "who meets a dead letter reports it to where it died",
    file: "packages/amqplib/src/queue-consumer.ts",
    from: 'if (headers?.["x-death"] !== undefined) this.#noteDeaths(headers, stamp);',
    to: "",
  },
  async play(lab) {
    const letters = await lab.rabbitmq.queue("letters");
    const queue = await lab.rabbitmq.queue("slow", {
      messageTtl: 1_500,
      deadLetterExchange: "",
      deadLetterRoutingKey: letters,
    });
    const shop = await openSender(lab);
    const clerk = await openWorker(lab, letters, { base: "clerk" });
    const worker = await openWorker(lab, queue);
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await worker.stop();
    const dead = await shop.send("", queue, 60);
    await lab.until("the letters to be read", () => hasAll(dead, clerk.handled));

    lab.check("a letter is no message of a new stream", async () =>
      (await lab.api.streams("")).every(({ partition }) => partition !== letters),
    );
    return { lost: [], says: [{ state: "explained", verdict: "store.dead-lettered", group: queue, names: dead }] };
  },
};
