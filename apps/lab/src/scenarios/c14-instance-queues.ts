import { consumeFrom, hasAll, openSender } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** Each instance of a service has a queue of its own, which goes with it; instances come and go under load. */
export const scenario: Scenario = {
  id: "C14.instances",
  title: "Instances with a queue of their own come and go",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a queue of one instance goes with it, and what it still held was for that instance alone",
    file: "packages/core/src/judge-rabbitmq-gaps.ts",
    from: 'departure === "by-itself";',
    to: "false;",
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("prices", "fanout");
    const steady = await lab.rabbitmq.queue("steady", { bindTo: exchange, keys: [""] });
    const shop = await openSender(lab);
    const archive = await consumeFrom(await (await lab.service("archive").amqp()).createChannel(), steady);
    const send = async (count: number) => await shop.send(exchange, "", count);
    await lab.established(exchange, "", async () => await send(1));

    const sent: string[] = [];
    const unread: string[] = [];
    for (const life of [1, 2, 3]) {
      const connection = await lab.service(`instance-${life}`).amqp();
      const channel = await connection.createChannel();
      const { queue } = await channel.assertQueue(lab.name(`instance-${life}`), {
        exclusive: life !== 2,
        autoDelete: true,
      });
      await channel.bindQueue(queue, exchange, "");
      let isSlow = false;
      const instance = await consumeFrom(channel, queue, { prefetch: 1, decide: () => (isSlow ? "keep" : "ack") });
      await lab.established(exchange, "", async () => {
        const seen = await send(2);
        sent.push(...seen);
        await lab.until("the instance to work what it gets", () => hasAll(seen, instance.handled));
      });
      // It hangs for a while before it ends, so that its queue fills.
      isSlow = true;
      const waiting = await send(20);
      await lab.knows(exchange, "", waiting.at(-1));
      unread.push(...waiting.filter((name) => !instance.received.has(name)));
      // The load does not stop for an instance that leaves.
      const leaving = send(200);
      await connection.close();
      sent.push(...waiting, ...(await leaving));
    }
    await lab.until("the steady queue to be worked", () => hasAll(sent, archive.handled));
    await lab.established(exchange, "", async () => await send(1));
    return { lost: [], says: [{ state: "explained", verdict: "store.dropped", names: unread }] };
  },
};
