import { consumeFrom, hasAll, openSender, openWorker } from "../lab/amqp-traffic.ts";
import type { Scenario } from "../lab/scenario.ts";

/** A mixed fleet: one of two consumers of a queue runs without Seqwatch for a while. */
export const scenario: Scenario = {
  id: "C11.rabbitmq",
  title: "One of two consumers of a queue has no interceptor",
  world: { rabbitmq: "shared" },
  broken: {
    rule: "more consumers than have registered: one of them is not audited, so what it took is in doubt",
    file: "packages/core/src/judge-rabbitmq-watch.ts",
    from: "    foreignCause(previous, seen),",
    to: "    undefined,",
  },
  async play(lab) {
    const queue = await lab.rabbitmq.queue("mixed");
    const shop = await openSender(lab);
    const audited = await openWorker(lab, queue, { prefetch: 10 });
    await lab.established("", queue, async () => await shop.send("", queue, 1));
    const bare = await consumeFrom(await (await lab.rabbitmq.bare()).createChannel(), queue, { prefetch: 10 });
    const burst = await shop.send("", queue, 200);
    await lab.until("all to be worked", () => hasAll(burst, audited.handled, bare.handled));
    await lab.passes(2);
    await bare.stop();
    const calm = await shop.send("", queue, 50);
    await lab.until("the rest to be worked", () => hasAll(calm, audited.handled));

    lab.check("both had a part in it", () => bare.handled.size > 20);
    return {
      lost: [],
      says: [
        {
          state: "in-doubt",
          verdict: "consume.unreported",
          cause: "foreign-member",
          group: queue,
          names: bare.handled,
        },
      ],
    };
  },
};
