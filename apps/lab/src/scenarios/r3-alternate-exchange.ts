import { hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** What no binding takes goes to an alternate exchange, whose queue is too short for what comes. */
export const scenario: Scenario = {
  id: "R3",
  title: "What no binding takes goes to the alternate exchange, and is lost there",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "what no binding takes goes on to the alternate exchange",
    file: "apps/auditor/src/evidence/rabbitmq-route.ts",
    from: "if (taken.length === 0 && facts.alternate !== undefined) seen.add(facts.alternate);",
    to: "",
  },
  async play(lab) {
    const alternate = await lab.rabbitmq.exchange("unclaimed", "fanout");
    const exchange = await lab.rabbitmq.exchange("orders", "direct", { alternateExchange: alternate });
    const claimed = await lab.rabbitmq.queue("claimed", { bindTo: exchange, keys: ["known"] });
    const rest = await lab.rabbitmq.queue("rest", { bindTo: alternate, keys: [""], maxLength: 100 });
    const shop = await openSender(lab);
    const billing = await openWorker(lab, claimed, { base: "billing" });
    const clerk = await openWorker(lab, rest, { base: "clerk" });
    await lab.established(exchange, "unknown", async () => await shop.send(exchange, "unknown", 1));
    await clerk.stop();
    const known = await shop.send(exchange, "known", 50);
    const burst = await shop.send(exchange, "unknown", 150);
    lab.lostNow();
    const next = await openWorker(lab, rest, { base: "clerk-2" });
    await lab.until("the rest to be worked", () => burst.slice(50).every((name) => next.handled.has(name)));
    await lab.until("the known ones to be worked", () => hasAll(known, billing.handled));

    const lost = burst.filter((name) => !next.handled.has(name));
    return { lost, says: [{ state: "confirmed", verdict: "store.dropped", group: rest, names: lost }] };
  },
};
