import { openSender } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** An application asks for its messages one by one, with `get`. Its queue is too short for what comes. */
export const scenario: Scenario = {
  id: "R9",
  title: "A queue is read by get, and throws its oldest messages away",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "what an instrumented application takes by get is accounted for",
    file: "packages/amqplib/src/receiver.ts",
    from: 'if (outcome.kind !== "done" || !isMessage(outcome.value)) return;',
    to: "return;",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("asked", { maxLength: 100 });
    const shop = await openSender(lab);
    const channel = await (await lab.service("worker").amqp()).createChannel();
    const handled = new Set<string>();
    const takeAll = async () => {
      for (;;) {
        const message = await channel.get(queue);
        if (message === false) return;
        channel.ack(message);
        handled.add(message.content.toString());
      }
    };
    await lab.established("", queue, async () => {
      await shop.send("", queue, 1);
      await takeAll();
    });
    const burst = await shop.send("", queue, 150);
    lab.lostNow();
    await takeAll();
    await lab.established("", queue, async () => {
      await shop.send("", queue, 1);
      await takeAll();
    });

    const lost = burst.filter((name) => !handled.has(name));
    lab.check("50 are gone", () => lost.length === 50);
    return { lost, says: [{ state: "confirmed", verdict: "store.dropped", group: queue, names: lost }] };
  },
};
