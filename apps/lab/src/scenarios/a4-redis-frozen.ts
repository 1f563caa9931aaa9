import { isCompletelyAudited } from "../lab/complete-audit.ts";
import { lengthMs } from "../lab/full-length.ts";
import { pace } from "../lab/load-pace.ts";
import type { Scenario } from "../lab/scenario.ts";
import { SteadyLoad } from "../lab/steady-load.ts";

/** Redis accepts what it is sent and answers nothing: the connections stay open, and nothing may wait for them. */
export const scenario: Scenario = {
  id: "A4",
  title: "Redis is frozen under load: nobody waits for it",
  world: { kafka: "shared", redis: "alone" },
  broken: {
    rule: "an answer goes to the application at once, and is reported later",
    file: "packages/kafkajs/src/watched-producer.ts",
    from: "if (omissions.length === 0) return answer;",
    to: "if (omissions.length === 0) { await this.surroundings.streams.reportNow().catch(() => undefined); return answer; }",
  },
  async play(lab) {
    const redis = lab.site.redis.server;
    const load = await SteadyLoad.start(lab);
    load.measureAnew();

    await redis?.pause();
    await pace(lengthMs({ shownMs: 12_000, fullMs: 30_000 }));
    load.compare(lab, "with Redis frozen");
    await redis?.resume();
    await load.stop(lab);
    const { topic, group, sent } = load.watched;
    lab.figure("messages", sent.length);
    lab.check("every message is accounted for", async () =>
      isCompletelyAudited(lab, topic, { sent: sent.length, group }),
    );
    return { lost: [], says: [] };
  },
};
