import { openSender, openWorker } from "../lab/amqp-traffic.ts";
import { repeatsOf } from "../lab/repeats.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A shovel that knows nothing of Seqwatch copies messages to another queue with their headers. */
export const scenario: Scenario = {
  id: "D5.rabbitmq",
  title: "A shovel copies messages with their headers to another queue: forwarded copies",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "a stamp of another lane is a forwarded copy, and no part of any stream here",
    file: "packages/amqplib/src/queue-consumer.ts",
    from: "if (laneHash !== lane.hash) return this.#deliverCopy(lane, headers, stamp);",
    to: "",
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("orders");
    const queue = await lab.rabbitmq.queue("orders", { bindTo: exchange, keys: ["created"] });
    const tap = await lab.rabbitmq.queue("tap", { bindTo: exchange, keys: ["created"] });
    const copies = await lab.rabbitmq.queue("copies");
    const shovel = await lab.rabbitmq.channel();
    await shovel.consume(tap, (message) => {
      if (message === null) return;
      shovel.sendToQueue(copies, message.content, { ...message.properties });
      shovel.ack(message);
    });
    const shop = await openSender(lab);
    const worker = await openWorker(lab, queue);
    const reader = await openWorker(lab, copies, { base: "reader" });
    const names = await shop.send(exchange, "created", 40);
    await lab.until("originals and copies to be worked", () => {
      return worker.handled.size === names.length && reader.handled.size === names.length;
    });

    lab.check("the copies are counted as forwarded", async () => {
      const forwarded = await forwardedIn(copies);
      return forwarded === names.length;
    });
    lab.check("the originals are processed once each", async () => {
      const { processed, forwarded, redelivered } = await repeatsOf(lab, exchange, queue);
      return processed === names.length && forwarded + redelivered === 0;
    });
    return { lost: [], says: [] };

    async function forwardedIn(group: string): Promise<number> {
      const { duplicates } = await lab.api.get("/api/v1/duplicates?limit=200");
      const lines = Array.isArray(duplicates) ? duplicates.map((line: unknown) => Object(line)) : [];
      return lines.reduce((sum, line) => sum + (line.group === group ? Number(line.forwarded) : 0), 0);
    }
  },
};
