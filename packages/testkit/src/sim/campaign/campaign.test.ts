import { describe, expect, test } from "vitest";
import { summarize } from "./campaign.ts";
import { demandingFrom, unmetDemands } from "./demands.ts";
import { drawPlay, planCampaign } from "./plan.ts";
import { isBad, mixesOf, type Play, type PlayResult, play, systems } from "./play.ts";

const everything = { systems, seeds: undefined } as const;
const freshSeed = 1_000_000 + Math.floor(Math.random() * 4_000_000_000);

/** Runs that once showed a defect of the judge or of a model. */
const seedsOfPastBugs: readonly Play[] = [
  { system: "kafka", seed: 1020, mix: "sparse", messages: 25_000 },
  { system: "kafka", seed: 1046, mix: "sparse", messages: 25_000 },
  { system: "kafkajs", seed: 2, mix: "sparse", messages: 20_000 },
];

function resultOf(changes: Partial<PlayResult>): PlayResult {
  const counts = { lost: 0, confirmed: 0, withdrawn: 0, falseLosses: 0, missedLosses: 0, wrongVerdicts: 0, inDoubt: 0 };
  const tables = { faultsByKind: {}, inDoubtByCause: {}, confirmedByVerdict: {}, trace: [] };
  return {
    system: "kafka",
    seed: 1,
    mix: "sparse",
    messages: demandingFrom,
    faults: 1,
    ...counts,
    ...tables,
    ...changes,
  };
}

describe("a campaign", () => {
  test("spreads its messages over runs that its first seed alone decides", () => {
    const wish = { ...everything, messages: 3_000_000, firstSeed: 77 };
    const plays = planCampaign(wish);
    expect(planCampaign(wish)).toEqual(plays);
    const through = (isAdapter: boolean) =>
      plays.filter(({ system }) => mixesOf[system].isAdapter === isAdapter).reduce((sum, one) => sum + one.messages, 0);
    expect(through(false)).toBeGreaterThanOrEqual(3_000_000);
    expect(through(true)).toBeGreaterThanOrEqual(300_000);
    expect(new Set(plays.map(({ seed }) => seed)).size).toBe(plays.length);
  });

  test("has exactly as many runs as were asked for", () => {
    expect(planCampaign({ systems, messages: 40_000, seeds: 12, firstSeed: 5 })).toHaveLength(12);
  });

  test("of one seed draws the same run each time", () => {
    expect(drawPlay(123, ["kafka"])).toEqual(drawPlay(123, ["kafka"]));
  });

  test("is red when a large one reaches no fault, verdict or doubt that it claims, or doubts too much", () => {
    const sums = summarize([resultOf({ inDoubt: demandingFrom / 100 })]);
    const unmet = unmetDemands(sums, ["kafka"]);
    expect(unmet).toContain("The fault kafka.omittedLost was never reached.");
    expect(unmet).toContain("The verdict produce.ack-missing was never reached.");
    expect(unmet).toContain("Without kills 0.01 of the messages ended in doubt; at most 0.001 may.");
    expect(unmet.some((text) => text.startsWith("One fault in"))).toBe(true);
  });

  test("does not count the doubts of runs in which a process was killed", () => {
    const killed = resultOf({ inDoubt: 1_000_000, faultsByKind: { memberKillEveryMs: 3 } });
    expect(summarize([killed, resultOf({})]).inDoubtShareWithoutKills).toBe(0);
  });

  test("is not asked for coverage while it is small", () => {
    expect(unmetDemands(summarize([resultOf({ messages: 10_000 })]), ["kafka"])).toEqual([]);
  });
});

describe("no run is wrong", () => {
  const fresh = planCampaign({ ...everything, messages: 60_000, firstSeed: freshSeed });

  test.each([...seedsOfPastBugs, ...fresh])("$system, $mix, seed $seed, $messages messages", async (wish) => {
    const result = await play(wish);
    const { falseLosses, missedLosses, wrongVerdicts } = result;
    const told = isBad(result) ? (await play(wish, true)).trace.slice(0, 30) : [];
    expect({ falseLosses, missedLosses, wrongVerdicts, told }).toEqual({
      falseLosses: 0,
      missedLosses: 0,
      wrongVerdicts: 0,
      told: [],
    });
  });
});
