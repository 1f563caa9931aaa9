import { describe, expect, test } from "vitest";
import { type KafkaProfile, kafkaProfiles } from "./faults.ts";
import { type KafkaSimOptions, runKafkaSim, type SimResult } from "./run.ts";

/** A run that fails says what went wrong, and the call that plays it again. */
async function play(options: KafkaSimOptions): Promise<SimResult> {
  const result = await runKafkaSim(options);
  if (result.falseLosses + result.missedLosses + result.wrongVerdicts > 0) {
    const told = await runKafkaSim({ ...options, trace: true });
    const call = `runKafkaSim(${JSON.stringify({ ...options, trace: true })})`;
    throw new Error([call, ...told.trace.slice(0, 60)].join("\n"));
  }
  return result;
}

const profiles = Object.keys(kafkaProfiles).filter((name): name is KafkaProfile => name in kafkaProfiles);
const freshSeed = Math.floor(Math.random() * 1_000_000_000);

describe("no loss is confirmed that is none", () => {
  test.each([...profiles, "swarm" as const])("with the faults of %s", async (faults) => {
    for (const seed of [1, 2]) {
      const result = await play({ seed, messages: 1_500, faults });
      expect(result.lost).toBeGreaterThan(0);
    }
  });

  test(`with everything, from fresh seeds (${freshSeed} and ${freshSeed + 1})`, async () => {
    for (const seed of [freshSeed, freshSeed + 1]) {
      const result = await play({ seed, messages: 1_500, faults: "swarm" });
      expect(result.falseLosses).toBe(0);
    }
  });
});

test("what a member worked that nobody heard of, before its place in the log was cut away and filled again, is no loss", async () => {
  const result = await play({ seed: 422_811_812, messages: 1_500, faults: "swarm" });
  expect(result.falseLosses).toBe(0);
});

test("what retention took is named, from a group that rests and from one whose member found itself out of range", async () => {
  const result = await play({
    seed: 5,
    messages: 3_000,
    faults: { retentionEveryMs: 2_000, emptyGroupEveryMs: 5_000 },
  });
  expect(Object.keys(result.confirmedByVerdict).sort()).toEqual(["consume.skipped", "store.retention"]);
  expect(result.confirmed).toBe(result.lost);
});

describe("no loss is missed", () => {
  const sizes = { sendMost: 100, fetchMost: 1_000, leaveMost: 10 };

  test("where more of the log is wanted than one reading goes through", async () => {
    const faults = { rejectedLost: 0.017, omittedLost: 0.008, givenUp: 0.02 };
    const result = await play({ seed: 5, messages: 60_000, faults, sizes });
    expect(result.confirmed).toBe(result.lost);
  });

  test("in silence where the log contradicts the testimony: it is told as doubt", async () => {
    const faults = { truncationEveryMs: 750, omittedLost: 0.008, givenUp: 0.02 };
    const result = await play({ seed: 5, messages: 60_000, faults, sizes });
    expect(result.inDoubtByCause).toEqual({ contradiction: result.inDoubt });
  });

  test("where everybody testifies", async () => {
    const result = await play({ seed: 7, messages: 4_000, faults: "quiet" });
    expect(result.confirmed).toBe(result.lost);
  });
});

test("the same options play the same run", async () => {
  const options = { seed: 11, messages: 1_000, faults: "everything" } as const;
  expect(await runKafkaSim(options)).toEqual(await runKafkaSim(options));
});
