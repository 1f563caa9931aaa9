import type { Lab } from "../lab/lab.ts";
import type { Scenario } from "../lab/scenario.ts";
import { playSkipping } from "../lab/skipping.ts";

/** Fifty messages without a queue to go to, which the broker returns, and fifty that a full queue throws away. */
async function playRabbitmq(lab: Lab) {
  const exchange = await lab.rabbitmq.exchange("payments");
  const queue = await lab.rabbitmq.queue("full", { maxLength: 50, arguments: { "x-overflow": "drop-head" } });
  const shop = lab.service("cashier");
  const channel = await (await shop.amqp()).createConfirmChannel();
  const publish = async (to: string, key: string, count: number) => {
    const names = shop.names(to, key, count);
    for (const name of names) channel.publish(to, key, Buffer.from(name));
    await channel.waitForConfirms();
    return names;
  };
  const handled = new Set<string>();
  const incoming = await (await lab.service("clerk").amqp()).createChannel();
  const consume = async () =>
    await incoming.consume(queue, (message) => {
      if (message === null) return;
      handled.add(message.content.toString());
      incoming.ack(message);
    });
  const { consumerTag } = await consume();
  await lab.established("", queue, async () => await publish("", queue, 1));
  await incoming.cancel(consumerTag);
  const unroutable = await publish(exchange, "card", 50);
  lab.lostNow();
  const burst = await publish("", queue, 100);
  await consume();
  await lab.until("the rest to be worked", () => burst.slice(50).every((name) => handled.has(name)));
  // Nobody tells that the queue is empty: only what is delivered later shows that it has passed the others.
  for (let round = 0; round < 6; round += 1) {
    await publish("", queue, 1);
    await lab.passes(2);
  }
  return { queue, unroutable, dropped: burst.filter((name) => !handled.has(name)) };
}

/** The auditor may read nothing: what the clients themselves were told is certain, all else is in doubt. */
export const scenario: Scenario = {
  id: "E1",
  title: "The auditor reads nothing of the brokers",
  world: { kafka: "shared", rabbitmq: "shared", evidence: "none" },
  broken: {
    rule: "as long as nobody knows whether a topic is compacted, a missing record is in doubt",
    file: "packages/core/src/kafka-group.ts",
    from: 'if (context.compacted === undefined) return { kind: "doubt", cause: "policy-not-read" };',
    to: "",
  },
  async play(lab) {
    const { skips, givesUp } = await playSkipping(lab);
    const { queue, unroutable, dropped } = await playRabbitmq(lab);
    return {
      lost: [...skips.names, ...givesUp.names, ...unroutable, ...dropped],
      says: [
        { state: "confirmed", verdict: "produce.unroutable", group: null, names: unroutable },
        { state: "in-doubt", cause: "policy-not-read", ...skips },
        { state: "in-doubt", cause: "policy-not-read", ...givesUp },
        { state: "in-doubt", cause: "log-not-readable", group: queue, names: dropped },
      ],
    };
  },
};
