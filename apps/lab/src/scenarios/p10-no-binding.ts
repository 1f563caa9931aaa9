import { openSender } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** The broker confirms what it cannot route: to the application all went well. */
export const scenario: Scenario = {
  id: "P10",
  title: "Messages for a key that no queue is bound to, mandatory or not asked for",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "messages on confirm channels go out mandatory, so that the broker returns what it cannot route",
    file: "packages/amqplib/src/sender.ts",
    from: "const forceMandatory = this.#confirms !== undefined;",
    to: "const forceMandatory = false;",
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("orders");
    const queue = await lab.rabbitmq.queue("created", { bindTo: exchange, keys: ["created"] });
    const shop = await openSender(lab);
    const bound = await shop.send(exchange, "created", 20, {});
    const lost = await shop.send(exchange, "cancelled", 30, {});
    lab.lostNow();
    lab.lastFactNow();

    lab.check("the bound ones are in their queue", async () => (await lab.rabbitmq.count(queue)) === bound.length);
    return { lost, says: [{ state: "confirmed", verdict: "produce.unroutable", group: null, names: lost }] };
  },
};
