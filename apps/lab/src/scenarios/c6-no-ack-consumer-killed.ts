import { openSender } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A consumer without acknowledgements is killed with fifty messages in its hands. */
export const scenario: Scenario = {
  id: "C6",
  title: "A consumer without acknowledgements is killed with messages in its hands",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a consumer that ends without goodbye leaves in doubt what it may have held",
    file: "packages/core/src/judge-rabbitmq-watch.ts",
    from: 'anyDied ? "member-died" : undefined,',
    to: "",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("careless");
    const shop = await openSender(lab);
    const worker = lab.start("worker", { queue });
    await worker.until("the worker to consume", (told) => told.includes("ready"));
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    worker.send("stop working");
    await worker.until("the worker to hold back", (told) => told.includes("holding"));
    const held = await shop.send("", queue, 50);
    await worker.until("all to be in its hands", (told) => held.every((name) => told.includes(name)));
    await worker.kill();

    return {
      lost: [],
      says: [{ state: "in-doubt", verdict: "consume.unprocessed", cause: "member-died", group: queue, names: held }],
    };
  },
  processes: {
    async worker(self) {
      const { queue } = Object(self.input);
      const never = new Promise<void>(() => {});
      let isHolding = false;
      const channel = await (await self.service("worker").amqp()).createChannel();
      await channel.consume(
        queue,
        // oxlint-disable-next-line typescript/no-misused-promises -- amqplib drops the promise, and this is how people write it.
        async (message) => {
          if (isHolding) {
            await self.tell(message?.content.toString());
            await never;
          }
        },
        { noAck: true },
      );
      await self.tell("ready");
      await self.received((value) => value === "stop working");
      isHolding = true;
      await self.tell("holding");
      await never;
    },
  },
};
