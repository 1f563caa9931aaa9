import type { Scenario } from "../lab/scenario.ts";
import { playSkipping, unattributedOf } from "../lab/skipping.ts";

/** The auditor may read how long the log is and where groups stand, and no record of it. */
export const scenario: Scenario = {
  id: "E2",
  title: "The auditor reads offsets and no records",
  world: { kafka: "shared", evidence: "offsets" },
  broken: {
    rule: "what was finished under one leader, watched without a break, is decided without records",
    file: "packages/core/src/kafka-unread.ts",
    from: "return epochs.size === 1;",
    to: "return false;",
  },
  async play(lab) {
    const { topic, skips, givesUp } = await playSkipping(lab);
    lab.check("what the reports alone decide is called unattributed, and what a member saw itself is not", async () => {
      const verdicts = await unattributedOf(lab, topic);
      return verdicts.length > 0 && verdicts.every((verdict) => verdict === "consume.skipped");
    });
    return {
      lost: [...skips.names, ...givesUp.names],
      says: [
        { state: "confirmed", verdict: "consume.skipped", ...skips },
        { state: "confirmed", verdict: "consume.given-up", ...givesUp },
      ],
    };
  },
};
