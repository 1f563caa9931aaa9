import type { Scenario } from "../lab/scenario.ts";
import { playSkipping, unattributedOf } from "../lab/skipping.ts";

/** The auditor may read records too: the same losses, each with its stage. */
export const scenario: Scenario = {
  id: "E3",
  title: "The auditor reads records",
  world: { kafka: "shared", evidence: "records" },
  broken: {
    rule: "an auditor that may read records does read them",
    file: "apps/auditor/src/evidence/kafka.ts",
    from: 'readsRecords: settings.evidence === "records",',
    to: "readsRecords: false,",
  },
  async play(lab) {
    const { topic, skips, givesUp } = await playSkipping(lab);
    lab.check(
      "the log was read, so nothing is unattributed",
      async () => (await unattributedOf(lab, topic)).length === 0,
    );
    return {
      lost: [...skips.names, ...givesUp.names],
      says: [
        { state: "confirmed", verdict: "consume.skipped", ...skips },
        { state: "confirmed", verdict: "consume.given-up", ...givesUp },
      ],
    };
  },
};
