import { playRollingRestart } from "../lab/rolling-restart-row.ts";
import type { Scenario } from "../lab/scenario.ts";

/** kafkajs resolves sends of which a part was never sent, while each broker is restarted once. */
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
    const { lost } = await playRollingRestart(lab, { isEnough: (noticed) => noticed > 0 });
    return { lost, says: [{ state: "confirmed", verdict: "produce.ack-missing", group: null, names: lost }] };
  },
};
