import { consumeFrom, hasAll, openSender } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** Each instance of a service has a queue of its own, exclusive and deleted with it; instances come and go under load. */
export const scenario: Scenario = {
  id: "C14.instances",
  title: "Instances with a queue of their own come and go",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a queue of one instance goes with it, and what it still held was for that instance alone",
    file: "packages/core/src/judge-rabbitmq-queue.ts",
    from: "const from = expectsAll ? 1 : firstOf(received);",
    to: "const from = 1;",
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("prices", "fanout");
    const steady = await lab.rabbitmq.queue("steady", { bindTo: exchange, keys: [""] });
    const shop = await openSender(lab);
    const archive = await consumeFrom(await (await lab.service("archive").amqp()).createChannel(), steady);
    const send = async (count: number) => await shop.send(exchange, "", count);
    await lab.established(exchange, "", async () => await send(1));

    const sent: string[] = [];
    for (const life of [1, 2, 3]) {
      const connection = await lab.service(`instance-${life}`).amqp();
      const channel = await connection.createChannel();
      const { queue } = await channel.assertQueue(lab.name(`instance-${life}`), { exclusive: true, autoDelete: true });
      await channel.bindQueue(queue, exchange, "");
      const instance = await consumeFrom(channel, queue);
      const seen = await send(30);
      await lab.until("the instance to work what it gets", () => hasAll(seen, instance.handled));
      await lab.passes(3);
      // The load does not stop for an instance that leaves.
      const leaving = send(200);
      await connection.close();
      sent.push(...seen, ...(await leaving));
    }
    await lab.until("the steady queue to be worked", () => hasAll(sent, archive.handled));
    await lab.established(exchange, "", async () => await send(1));
    return { lost: [], says: [] };
  },
};
