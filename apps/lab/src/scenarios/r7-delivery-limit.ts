import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A quorum queue gives a message out four times at most; what is given back then is thrown away without a word. */
export const scenario: Scenario = {
  id: "R7",
  title: "A quorum queue throws away what was given back too often",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "what was received, and settled by nobody who is still there, is said to be in doubt",
    file: "packages/core/src/judge-rabbitmq-gaps.ts",
    from: 'if (passed.isTwice && !isAnyOpen(passed.holders, facts)) add(inDoubt("received-never-settled"), later);',
    to: "",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("patient", {
      arguments: { "x-queue-type": "quorum", "x-delivery-limit": 3 },
    });
    const shop = await openSender(lab);
    const poison = new Set<string>();
    const worker = await openWorker(lab, queue, {
      prefetch: 5,
      decide: (name) => (poison.has(name) ? "requeue" : "ack"),
    });
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    const bad = shop.service.names("", queue, 5);
    for (const name of bad) poison.add(name);
    for (const name of bad) shop.channel.sendToQueue(queue, Buffer.from(name), { persistent: true });
    await shop.channel.waitForConfirms();
    const good = await shop.send("", queue, 100);
    const triesOf = (name: string) => worker.deliveries.filter((each) => each === name).length;
    await lab.until(
      "all to be worked or tried four times",
      () => hasAll(good, worker.handled) && bad.every((name) => triesOf(name) === 4),
    );
    await lab.until("the queue to be empty", async () => (await lab.rabbitmq.count(queue)) === 0);
    // While it lives nobody else can know that it does not hold them any more.
    await worker.stop();

    return {
      lost: bad,
      // The consumer had each of them in its hands: whether it is lost only the application knows.
      says: [
        {
          state: "in-doubt",
          verdict: "consume.unprocessed",
          cause: "received-never-settled",
          group: queue,
          names: bad,
        },
      ],
    };
  },
};
