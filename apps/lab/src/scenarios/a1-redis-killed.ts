import { isCompletelyAudited } from "../lab/complete-audit.ts";
import { lengthMs } from "../lab/full-length.ts";
import { pace } from "../lab/load-pace.ts";
import type { Scenario } from "../lab/scenario.ts";
import { SteadyLoad } from "../lab/steady-load.ts";

/** Redis is gone for a while in the middle of the traffic. A message is lost meanwhile, and it is found afterwards. */
export const scenario: Scenario = {
  id: "A1",
  title: "Redis is killed under load: the traffic flows on, and the audit is complete once it is back",
  world: { kafka: "shared", rabbitmq: "shared", redis: "alone" },
  broken: {
    rule: "reports go on after the store has failed",
    file: "packages/client/src/report-loop.ts",
    from: "this.#plan(this.#isSoon && this.#failureCount === 0 ? 0 : this.#delayMs());",
    to: "if (this.#failureCount === 0) this.#plan(this.#isSoon ? 0 : this.#delayMs());",
  },
  async play(lab) {
    const redis = lab.site.redis.server;
    const load = await SteadyLoad.start(lab);
    const exchange = await lab.rabbitmq.exchange("payments", "direct");
    const shop = lab.service("payments");
    const channel = await (await shop.amqp()).createConfirmChannel();
    load.measureAnew();

    await redis?.stop("SIGKILL");
    const backAtMs = performance.now() + lengthMs({ shownMs: 12_000, fullMs: 60_000 });
    const lost = shop.names(exchange, "nobody", 20);
    for (const name of lost) channel.publish(exchange, "nobody", Buffer.from(name));
    await channel.waitForConfirms();
    lab.lostNow();
    await pace(backAtMs - performance.now());
    load.compare(lab, "with Redis dead");
    await redis?.start();
    await load.stop(lab);
    const { topic, group, sent } = load.watched;
    lab.figure("messages", sent.length);
    lab.check("every message is accounted for", async () =>
      isCompletelyAudited(lab, topic, { sent: sent.length, group }),
    );
    return { lost, says: [{ state: "confirmed", verdict: "produce.unroutable", group: null, names: lost }] };
  },
};
