import type { Scenario } from "../lab/scenario.ts";

/** A queue for 100 messages gets 150 while its consumer rests: the oldest 50 go. */
export const scenario: Scenario = {
  id: "S7",
  title: "A full queue throws its oldest messages away",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "first in, first out: what was stamped before a delivered message was passed",
    file: "packages/core/src/judge-rabbitmq-cohorts.ts",
    from: "const hasPassed = seen.isEmptied || facts.firstDelivered > seen.above;",
    to: "const hasPassed = false;",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("full", { maxLength: 100, arguments: { "x-overflow": "drop-head" } });
    const shop = lab.service("shop");
    const outgoing = await (await shop.amqp()).createConfirmChannel();
    const publish = async (count: number) => {
      const names = shop.names("", queue, count);
      for (const name of names) outgoing.sendToQueue(queue, Buffer.from(name));
      await outgoing.waitForConfirms();
      return names;
    };
    const handled = new Set<string>();
    const incoming = await (await lab.service("worker").amqp()).createChannel();
    const consume = async () =>
      await incoming.consume(queue, (message) => {
        if (message === null) return;
        handled.add(message.content.toString());
        incoming.ack(message);
      });

    const { consumerTag } = await consume();
    await lab.established("", queue, async () => await publish(1));
    await incoming.cancel(consumerTag);
    const burst = await publish(150);
    lab.lostNow();
    await consume();
    await lab.until("the rest to be worked", () => burst.slice(50).every((name) => handled.has(name)));

    const lost = burst.filter((name) => !handled.has(name));
    return { lost, says: [{ state: "confirmed", verdict: "store.dropped", group: queue, names: lost }] };
  },
};
