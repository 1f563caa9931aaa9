import { describe, expect, test } from "vitest";
import { type KafkajsSimOptions, runKafkajsSim } from "./kafkajs-run.ts";

/** A run that fails says what went wrong, and the call that plays it again. */
async function play(options: KafkajsSimOptions) {
  const result = await runKafkajsSim(options);
  if (result.falseLosses + result.missedLosses + result.wrongVerdicts > 0) {
    const told = await runKafkajsSim({ ...options, trace: true });
    throw new Error([`runKafkajsSim(${JSON.stringify(options)})`, ...told.trace.slice(0, 60)].join("\n"));
  }
  return result;
}

const freshSeed = 1_000_000 + Math.floor(Math.random() * 1_000_000_000);

describe("the adapter around a kafkajs that loses, doubles, rejects and mis-acknowledges", () => {
  test.each([1, 2, 3, 4, 21, freshSeed, freshSeed + 1])("names no loss that is none, seed %i", async (seed) => {
    expect(await play({ seed, messages: 2_500, faults: "dense" })).toMatchObject({ falseLosses: 0 });
  });

  test.each([5, freshSeed])("names no loss that is none in long healthy stretches, seed %i", async (seed) => {
    expect(await play({ seed, messages: 25_000, faults: "sparse" })).toMatchObject({ falseLosses: 0 });
  });

  test("names every message that an answer left out and that was never stored, and no other", async () => {
    const { lost, confirmed, confirmedByVerdict } = await play({
      seed: 8,
      messages: 4_000,
      faults: { omittedLost: 0.03, omittedStored: 0.02, storedTwice: 0.02, refused: 0.01 },
    });
    expect(lost).toBeGreaterThan(30);
    expect({ confirmed, confirmedByVerdict }).toEqual({
      confirmed: lost,
      confirmedByVerdict: { "produce.ack-missing": lost },
    });
  });

  test("plays the same run again", async () => {
    const options = { seed: 11, messages: 2_000, faults: "dense" } as const;
    expect(await runKafkajsSim(options)).toEqual(await runKafkajsSim(options));
  });
});
