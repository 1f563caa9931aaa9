import { playRollingRestart } from "../lab/rolling-restart-row.ts";
import type { Scenario } from "../lab/scenario.ts";

/** kafkajs resolves sends of which a part was never sent, while each broker is restarted. */
export const scenario: Scenario = {
  id: "P1",
  title: "A rolling restart makes sends resolve of which a part was never sent",
  world: { kafka: "alone" },
  verdictLimitMs: 90_000,
  broken: {
    rule: "an answer that does not cover a partition leaves its messages out",
    file: "packages/kafkajs/src/send-outcome.ts",
    from: 'if (found === undefined) return { kind: "omitted" };',
    to: 'if (found === undefined) return { kind: "somewhere", isDouble: false };',
  },
  async play(lab) {
    const { lost, omitted, stored } = await playRollingRestart(lab, { isEnough: (harvest) => harvest.lost.length > 0 });
    const kept = omitted.filter((name) => stored.has(name));
    const ackMissing = { verdict: "produce.ack-missing", group: null } as const;
    return {
      lost,
      says: [
        { ...ackMissing, state: "confirmed", names: lost },
        // Left out by the answer, and in the log all the same: suspected, and taken back where the log shows it.
        {
          ...ackMissing,
          state: "explained",
          names: kept,
          mayBeEmpty: "whether a batch was stored whose answer was left out is a matter of luck",
        },
      ],
    };
  },
};
