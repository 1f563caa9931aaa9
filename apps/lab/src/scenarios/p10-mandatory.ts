import { openSender } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The broker confirms what it cannot route: to the application all went well. */
export const scenario: Scenario = {
  id: "P10.mandatory",
  title: "The same where the application asked for mandatory itself, and ignores the return",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "what comes back as unroutable is booked as returned",
    file: "packages/amqplib/src/publisher.ts",
    from: "stream.ledger.bookReturned(sequence);",
    to: "",
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("orders");
    const queue = await lab.rabbitmq.queue("created", { bindTo: exchange, keys: ["created"] });
    const shop = await openSender(lab);
    const bound = await shop.send(exchange, "created", 20, { mandatory: true });
    const lost = await shop.send(exchange, "cancelled", 30, { mandatory: true });
    lab.lostNow();
    lab.lastFactNow();

    lab.check("the bound ones are in their queue", async () => (await lab.rabbitmq.count(queue)) === bound.length);
    return { lost, says: [{ state: "confirmed", verdict: "produce.unroutable", group: null, names: lost }] };
  },
};
