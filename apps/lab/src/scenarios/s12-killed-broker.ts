import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** kill -9 of the broker under load: what it confirmed as persistent is on its disk, of the rest nobody knows. */
export const scenario: Scenario = {
  id: "S12",
  title: "RabbitMQ is killed with persistent messages in a durable queue",
  world: { rabbitmq: "alone" },
  broken: {
    rule: "what the channel never answered is uncertain",
    file: "packages/amqplib/src/confirms.ts",
    from: "for (const { stream, sequence } of left) stream.ledger.bookUncertain(sequence, sequence);",
    to: "for (const { stream, sequence } of left) stream.ledger.bookAcked(sequence, sequence);",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("durable");
    const shop = await openSender(lab);
    shop.channel.on("error", () => undefined);
    const worker = await openWorker(lab, queue);
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    await worker.stop();
    const names: string[] = [];
    const confirmed = new Set<string>();
    let answered = 0;
    const closed = new AbortController();
    shop.channel.once("close", () => closed.abort());
    const load = (async () => {
      while (!closed.signal.aborted && names.length < 100_000) {
        for (const name of shop.service.names("", queue, 20)) {
          names.push(name);
          shop.channel.sendToQueue(queue, Buffer.from(name), { persistent: true }, (error: unknown) => {
            answered += 1;
            if (!error) confirmed.add(name);
          });
        }
        await new Promise((next) => setImmediate(next));
      }
    })();
    await lab.until("some to be confirmed", () => confirmed.size > 200);
    await lab.rabbitmqServer.stop("SIGKILL");
    await load;
    await lab.until("the rest to be given up", () => answered === names.length);
    await lab.rabbitmqServer.start();

    const next = await openWorker(lab, queue, { base: "next-worker" });
    await lab.until("all that was confirmed to be worked", () => hasAll(confirmed, next.handled));
    const unknown = names.filter((name) => !confirmed.has(name));
    lab.figure("unconfirmed", unknown.length);
    const arrived = unknown.filter((name) => next.handled.has(name));
    const missing = unknown.filter((name) => !next.handled.has(name));
    return {
      lost: missing,
      says: [{ state: "not-sent", verdict: "produce.uncertain", group: null, names: missing }],
      may: [{ state: "explained", verdict: "produce.uncertain", group: null, names: arrived }],
    };
  },
};
