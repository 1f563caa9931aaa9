import { allRabbitRules, type RabbitRules } from "@seqwatch/core";
import { expect, test } from "vitest";
import { noFaults, type RabbitFaults } from "./faults.ts";
import { runRabbitSim } from "./run.ts";

/** Each clause of the judge, and the weather in which its absence makes false losses. */
const clauses: readonly (readonly [keyof RabbitRules, Partial<RabbitFaults>])[] = [
  ["doubtTo", { foreignConsumerEveryS: 8 }],
  ["twoMoreReports", { linkCutEveryS: 2, publishEveryMs: 2_000, slowShare: 0 }],
  ["drainedSockets", { networkStallEveryS: 3 }],
  ["notedFirst", { channelCloseEveryS: 2, pauseEveryS: 5 }],
  ["youngCounts", { pauseEveryS: 6 }],
  ["takeover", { auditorRestartEveryS: 6, foreignConsumerEveryS: 8 }],
  ["getCounters", { foreignGetEveryS: 3, slowShare: 0.8 }],
  ["bindingChange", { bindingEveryS: 6 }],
  ["consumerCount", { foreignConsumerEveryS: 6 }],
  ["consumerEnd", { consumerOffEveryS: 5 }],
  ["requeueOnClose", { networkStallEveryS: 2, pauseEveryS: 5 }],
  ["deadLetter", { deadLetter: "cycle", ttlMs: 500, slowShare: 0.9 }],
  ["storeDoubt", { storeFailoverEveryS: 2, consumerCloseEveryS: 2, publishEveryMs: 1_000 }],
];

const maxSeeds = 60;

test.each(clauses)("without %s the judge makes false losses, with it none", (clause, weather) => {
  const faults = { ...noFaults, ...weather };
  const messages = faults.publishEveryMs > 500 ? 1_000 : 3_000;
  const seed = firstSeedThatFails(clause, faults, messages);
  expect(seed).toBeDefined();
  expect(runRabbitSim({ seed: seed ?? 0, messages, faults }).falseLosses).toBe(0);
});

function firstSeedThatFails(clause: keyof RabbitRules, faults: RabbitFaults, messages: number): number | undefined {
  const rules = { ...allRabbitRules, [clause]: false };
  for (let seed = 1; seed <= maxSeeds; seed += 1)
    if (runRabbitSim({ seed, messages, faults, rules }).falseLosses > 0) return seed;
  return undefined;
}
