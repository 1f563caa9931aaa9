import { expect, test } from "vitest";
import { noFaults } from "./faults.ts";
import { runRabbitSim } from "./run.ts";

const messages = 3_000;

test("the same seed gives the same run", () => {
  expect(runRabbitSim({ seed: 7, messages: 1_000 })).toEqual(runRabbitSim({ seed: 7, messages: 1_000 }));
});

test("every loss is confirmed and nothing else where nothing goes wrong but the queue", () => {
  const result = runRabbitSim({ seed: 1, messages, faults: { ...noFaults, silentDropShare: 0.02 } });
  expect(result).toMatchObject({ falseLosses: 0, missedLosses: 0, wrongVerdicts: 0, withdrawn: 0 });
  expect(result.confirmed).toBeGreaterThan(40);
});

test("what a full queue drops at its head is named exactly", () => {
  const faults = { ...noFaults, silentDropShare: 0, maxLength: 20, pauseEveryS: 8 };
  const result = runRabbitSim({ seed: 2, messages, faults });
  expect(result).toMatchObject({ falseLosses: 0, missedLosses: 0, wrongVerdicts: 0 });
  expect(result.confirmed).toBeGreaterThan(100);
});

test.each([1, 2, 3])(
  "an old answer about the broker's age is no restart, and a restart is seen all the same (seed %i)",
  (seed) => {
    const faults = { ...noFaults, silentDropShare: 0, transientShare: 0.6, pauseEveryS: 4 };
    expect(runRabbitSim({ seed, messages, faults })).toMatchObject({ falseLosses: 0, lost: 0, confirmed: 0 });
    const restarts = runRabbitSim({ seed, messages, faults: { ...faults, restartEveryS: 25 } });
    expect(restarts).toMatchObject({ falseLosses: 0, missedLosses: 0, wrongVerdicts: 0 });
    expect(restarts.confirmed).toBeGreaterThan(0);
  },
);

const fixedSeeds = Array.from({ length: 24 }, (_, at) => at + 1);
const firstFreshSeed = Math.floor(Math.random() * 1_000_000_000);
const freshSeeds = Array.from({ length: 8 }, (_, at) => firstFreshSeed + at);

test.each([...fixedSeeds, ...freshSeeds])("no loss is false and none is missed with the faults of seed %i", (seed) => {
  const result = runRabbitSim({ seed, messages });
  const { falseLosses, missedLosses, wrongVerdicts, trace } = result;
  const differences = trace.filter((line) => /^(?:false|missed|wrong)/.test(line));
  expect({ falseLosses, missedLosses, wrongVerdicts, differences }).toEqual({
    falseLosses: 0,
    missedLosses: 0,
    wrongVerdicts: 0,
    differences: [],
  });
});
