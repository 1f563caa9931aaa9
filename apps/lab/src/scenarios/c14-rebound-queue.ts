import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** An operator takes a binding away while the stream runs, and puts it back. A second queue is bound all the time. */
export const scenario: Scenario = {
  id: "C14",
  title: "A binding is removed and added again while the stream runs",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "what a queue was not bound for, nobody promised it",
    file: "packages/core/src/judge-rabbitmq-watch.ts",
    from: "    bindingCause(previous, seen, reading),",
    to: "    undefined,",
  },
  async play(lab) {
    const exchange = await lab.rabbitmq.exchange("orders");
    const [rebound, steady] = await Promise.all(
      ["rebound", "steady"].map((base) => lab.rabbitmq.queue(base, { bindTo: exchange, keys: ["paid"] })),
    );
    const shop = await openSender(lab);
    const left = await openWorker(lab, rebound ?? "", { base: "billing" });
    const right = await openWorker(lab, steady ?? "", { base: "archive" });
    const operator = await lab.rabbitmq.channel();
    const sendSome = async () => await shop.send(exchange, "paid", 5);

    await lab.established(exchange, "paid", sendSome);
    await operator.unbindQueue(rebound ?? "", exchange, "paid");
    const unbound = await shop.send(exchange, "paid", 100);
    await lab.passes(3);
    await operator.bindQueue(rebound ?? "", exchange, "paid");
    const after = [...(await shop.send(exchange, "paid", 100))];
    await lab.until("all that came to be worked", () => hasAll(after, left.handled) && hasAll(unbound, right.handled));
    // The stream goes on until the auditor has seen the queue in order again.
    await lab.established(exchange, "paid", sendSome);

    lab.check("the unbound queue got nothing of the stretch", () => unbound.every((name) => !left.received.has(name)));
    return {
      lost: [],
      says: [{ state: "in-doubt", cause: "not-provable", group: rebound ?? "", names: unbound }],
    };
  },
};
