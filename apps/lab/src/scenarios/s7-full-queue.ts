import type { Scenario } from "../lab/scenario.ts";

/** A queue for 100 messages gets 150 while its consumer rests: the oldest 50 go. */
export const scenario: Scenario = {
  id: "S7",
  title: "A full queue throws its oldest messages away",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "messages that a queue passed undelivered are lost",
    file: "packages/core/src/judge-rabbitmq-queue.ts",
    from: "sequences: difference(intersection(lostHere, received), receipts?.withdrawn ?? emptyRanges)",
    to: "sequences: []",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("full", { maxLength: 100, arguments: { "x-overflow": "drop-head" } });
    const shop = lab.service("shop");
    const worker = lab.service("worker");
    const handled = new Set<string>();

    const outgoing = await (await shop.amqp()).createConfirmChannel();
    const incoming = await (await worker.amqp()).createChannel();
    await incoming.consume(
      queue,
      (message) => {
        if (message === null) return;
        handled.add(message.content.toString());
        incoming.ack(message);
      },
      { consumerTag: "worker" },
    );
    const publish = async (count: number) => {
      const names = shop.names("", queue, count);
      for (const name of names) outgoing.sendToQueue(queue, Buffer.from(name));
      await outgoing.waitForConfirms();
      return names;
    };
    const first = await publish(10);
    await lab.until("the first messages to be worked", () => handled.size === first.length);

    await incoming.cancel("worker");
    const burst = await publish(150);
    lab.lostNow();
    await incoming.consume(queue, (message) => {
      if (message === null) return;
      handled.add(message.content.toString());
      incoming.ack(message);
    });
    await lab.until(
      "the queue to be empty",
      async () => (await lab.rabbitmq.count(queue)) === 0 && handled.size === 110,
    );

    const lost = burst.filter((name) => !handled.has(name));
    return { lost, says: [{ state: "confirmed", verdict: "store.dropped", group: queue, names: lost }] };
  },
};
