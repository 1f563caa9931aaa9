import { openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The dead letters lie in a queue that nobody reads: they may be there, and nobody can say it of each. */
export const scenario: Scenario = {
  id: "S9.unread",
  title: "Expired messages go to a dead-letter queue that nobody reads",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a queue with a dead-letter exchange and a limit proves no loss",
    file: "packages/core/src/judge-rabbitmq-gone.ts",
    from: "if (!limits.deadLetters) return emptyRanges;",
    to: "return emptyRanges;",
  },
  async play(lab) {
    const letters = await lab.rabbitmq.queue("letters");
    const queue = await lab.rabbitmq.queue("slow", {
      messageTtl: 1_500,
      deadLetterExchange: "",
      deadLetterRoutingKey: letters,
    });
    const shop = await openSender(lab);
    const worker = await openWorker(lab, queue);
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await worker.stop();
    const dead = await shop.send("", queue, 60);
    await lab.until("their time to be over", async () => (await lab.rabbitmq.count(queue)) === 0);

    lab.check("all of them are letters", async () => (await lab.rabbitmq.count(letters)) >= dead.length);
    return {
      lost: [],
      says: [
        {
          state: "in-doubt",
          verdict: "store.dead-lettered",
          cause: "may-be-dead-lettered",
          group: queue,
          names: dead,
        },
      ],
    };
  },
};
