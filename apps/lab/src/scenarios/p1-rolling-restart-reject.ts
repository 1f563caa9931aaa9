import { type Harvest, playRollingRestart } from "../lab/rolling-restart-row.ts";
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
    const isMet = ({ omitted, stored }: Harvest) => omitted.some((name) => !stored.has(name));
    const harvest = await playRollingRestart(lab, { watch, isEnough: isMet });
    const { lost, unsent, omitted, stored } = harvest;
    lab.check("an answer left messages out that were never stored", () => isMet(harvest));
    lab.check("each of them was rejected", () => omitted.every((name) => stored.has(name) || unsent.includes(name)));
    lab.check("nothing that was told as sent is missing", () => lost.length === 0);
    return { lost, says: [{ state: "not-sent", group: null, names: unsent }] };
  },
};
