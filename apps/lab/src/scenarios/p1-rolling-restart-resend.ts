import { type Harvest, playRollingRestart } from "../lab/rolling-restart-row.ts";
import type { Scenario } from "../lab/scenario.ts";

/** With `onAckMissing: "resend"` the same restart loses nothing: what an answer left out is sent again. */
export const scenario: Scenario = {
  id: "P1.resend",
  title: "A rolling restart loses nothing with onAckMissing: resend",
  world: { kafka: "alone" },
  verdictLimitMs: 90_000,
  broken: {
    rule: "what an answer left out is sent again",
    file: "packages/kafkajs/src/omissions.ts",
    from: 'if (onAckMissing === "resend") return await resend(omissions, surroundings);',
    to: "",
  },
  async play(lab) {
    const watch = { onAckMissing: "resend" } as const;
    const isEnough = (harvest: Harvest) => harvest.omitted.length > 0;
    const { lost, unsent, omitted } = await playRollingRestart(lab, { watch, isEnough });
    lab.check("an answer left messages out", () => omitted.length > 0);
    lab.check("nothing that was told as sent is missing", () => lost.length === 0);
    const mayBeEmpty = "a restart need not make any send fail for good";
    return { lost, says: [{ state: "not-sent", group: null, names: unsent, mayBeEmpty }] };
  },
};
