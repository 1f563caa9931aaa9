import { isCompletelyAudited } from "../lab/complete-audit.ts";
import type { Scenario } from "../lab/scenario.ts";
import { SteadyLoad } from "../lab/steady-load.ts";

/** A replica that had fallen behind becomes the master: the newest reports are gone, though they were acknowledged. */
export const scenario: Scenario = {
  id: "A3",
  title: "A Redis replica is promoted without the last writes: nothing is called lost, and the audit heals",
  world: { kafka: "shared", redis: "replicated" },
  broken: {
    rule: "a member whose report the store does not know any more sends everything that it holds",
    file: "packages/core/src/testimony.ts",
    from: "const isWhole = this.#mustSendAll;",
    to: "const isWhole = false;",
  },
  async play(lab) {
    const { failover } = lab.site;
    const load = await SteadyLoad.start(lab);
    const { topic, group, sent, handled } = load.watched;
    await failover?.freezeReplication();
    const countAtFreeze = handled.size;
    await lab.until("writes that will be lost", () => handled.size > countAtFreeze + 1_000);
    await failover?.promoteReplica();
    const countAtPromotion = handled.size;
    await lab.until("the traffic to go on", () => handled.size > countAtPromotion + 1_000);
    await load.stop(lab);

    lab.figure("messages whose reports were lost", countAtPromotion - countAtFreeze);
    lab.check("every message is accounted for", async () =>
      isCompletelyAudited(lab, topic, { sent: sent.length, group }),
    );
    return { lost: [], says: [] };
  },
};
