import { describe, expect, test } from "vitest";
import { type KafkaProfile, kafkaProfiles } from "./faults.ts";
import { runKafkaSim } from "./run.ts";

const mixes = [
  ...Object.keys(kafkaProfiles).filter((name): name is KafkaProfile => name in kafkaProfiles),
  "swarm",
] as const;

describe("where the auditor reads offsets and no record", () => {
  test.each(mixes)("no loss is confirmed that is none, with the faults of %s", async (faults) => {
    const results = await Promise.all(
      [1, 2].map((seed) => runKafkaSim({ seed, messages: 1_500, faults, evidence: "offsets" })),
    );
    expect(results.map(({ falseLosses, wrongVerdicts }) => [falseLosses, wrongVerdicts])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test("most losses are still confirmed where nothing else goes wrong, and the rest is in doubt", async () => {
    const { lost, confirmed, inDoubt } = await runKafkaSim({
      seed: 3,
      messages: 3_000,
      faults: "quiet",
      evidence: "offsets",
    });
    expect(confirmed).toBeGreaterThan(lost / 2);
    expect(confirmed + inDoubt).toBe(lost);
  });
});

test("where the auditor reads nothing, nothing is confirmed and every loss is in doubt", async () => {
  const { lost, confirmed, inDoubt } = await runKafkaSim({
    seed: 1,
    messages: 2_000,
    faults: "quiet",
    evidence: "none",
  });
  expect({ confirmed, inDoubt }).toEqual({ confirmed: 0, inDoubt: lost });
});
