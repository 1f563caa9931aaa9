import { isCompletelyAudited } from "../lab/complete-audit.ts";
import { redisCommand } from "../lab/redis-command.ts";
import type { Scenario } from "../lab/scenario.ts";
import { SteadyLoad } from "../lab/steady-load.ts";

/** Everything that Redis knew is gone at once. Who lives says it again; who had ended is simply not known any more. */
export const scenario: Scenario = {
  id: "A2",
  title: "Redis is flushed under load: who lives tells everything again, and nothing is called lost",
  world: { kafka: "shared", redis: "alone" },
  broken: {
    rule: "a member whose chain broke sends everything that it holds",
    file: "packages/core/src/testimony.ts",
    from: "const isWhole = this.#mustSendAll;",
    to: "const isWhole = false;",
  },
  async play(lab) {
    // An application that has come and gone before.
    const gone = lab.service("gone");
    const topic = await lab.kafka.topic("archive");
    const producer = gone.kafka().producer();
    await producer.connect();
    await producer.send({ topic, messages: gone.messages(topic, 0, 10) });
    await producer.disconnect();
    await gone.close();
    await lab.until("it to be known", async () => (await lab.api.streams(topic)).length === 1);

    const load = await SteadyLoad.start(lab);
    await redisCommand(lab.addresses.redisUrl, "FLUSHALL");
    const count = load.watched.handled.size;
    await lab.until("the traffic to go on", () => load.watched.handled.size > count + 1_000);
    await load.stop(lab);
    const { topic: orders, group, sent } = load.watched;
    lab.check("every message of those who live is accounted for", async () =>
      isCompletelyAudited(lab, orders, { sent: sent.length, group }),
    );
    lab.check("of who had ended nothing is known, and nothing is claimed", async () => {
      const { lanes } = await lab.api.get("/readyz");
      return Number(lanes) > 0 && (await lab.api.streams(topic)).length === 0;
    });
    return { lost: [], says: [] };
  },
};
