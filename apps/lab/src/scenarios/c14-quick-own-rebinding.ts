import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The application itself takes its binding away and puts it back at once: too quickly for anybody to look. */
export const scenario: Scenario = {
  id: "C14.quick",
  title: "An instrumented application rebinds its queue within milliseconds, again and again",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a call that changes a binding is a doubt, from before it until after it",
    file: "packages/amqplib/src/receiver.ts",
    from: 'const queue = this.#nameOf(args[0]);\n    this.#guard("doubting a queue", () => consumers.doubt(cluster, queue));',
    to: 'const queue = "";',
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("orders");
    const rebound = await lab.rabbitmq.queue("rebound", { bindTo: exchange, keys: ["paid"] });
    const steady = await lab.rabbitmq.queue("steady", { bindTo: exchange, keys: ["paid"] });
    const shop = await openSender(lab);
    const left = await openWorker(lab, rebound, { base: "billing" });
    const right = await openWorker(lab, steady, { base: "archive" });
    await lab.established(exchange, "paid", async () => await shop.send(exchange, "paid", 5));

    const sent: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      await left.channel.unbindQueue(rebound, exchange, "paid");
      sent.push(...(await shop.send(exchange, "paid", 3)));
      await left.channel.bindQueue(rebound, exchange, "paid");
      sent.push(...(await shop.send(exchange, "paid", 3)));
    }
    await lab.until("all to be worked by the other queue", () => hasAll(sent, right.handled));
    const last = await shop.send(exchange, "paid", 5);
    await lab.until("the end of the stream to be worked", () => hasAll(last, left.handled));
    await lab.established(exchange, "paid", async () => await shop.send(exchange, "paid", 5));

    const missed = sent.filter((name) => !left.received.has(name));
    lab.check("some of it came while the queue was not bound", () => missed.length > 0);
    return { lost: [], says: [{ state: "in-doubt", cause: "not-provable", group: rebound, names: missed }] };
  },
};
