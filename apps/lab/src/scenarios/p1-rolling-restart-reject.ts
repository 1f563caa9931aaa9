import { playRollingRestart } from "../lab/rolling-restart-row.ts";
import type { Scenario } from "../lab/scenario.ts";

/** With `onAckMissing: "reject"` the application is told of each: nothing is lost in silence. */
export const scenario: Scenario = {
  id: "P1.reject",
  title: "A rolling restart rejects what it did not send with onAckMissing: reject",
  world: { kafka: "alone" },
  verdictLimitMs: 90_000,
  broken: {
    rule: "a send whose answer leaves messages out is rejected",
    file: "packages/kafkajs/src/omissions.ts",
    from: 'if (onAckMissing === "reject") throw giveUp(omissions, producer, undefined);',
    to: "",
  },
  async play(lab) {
    const watch = { onAckMissing: "reject" } as const;
    const { lost, unsent } = await playRollingRestart(lab, { watch, isEnough: (noticed) => noticed > 0 });
    lab.check("nothing that was told as sent is missing", () => lost.length === 0);
    return { lost, says: [{ state: "not-sent", group: null, names: unsent }] };
  },
};
