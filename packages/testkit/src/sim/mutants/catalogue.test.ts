import { expect, test } from "vitest";
import { complaintAbout } from "../../replaced-source/index.ts";
import { isBad, play } from "../campaign/play.ts";
import { mutants, unshown } from "./catalogue.ts";
import { playsOf } from "./mutant.ts";
import { runMutants } from "./run-mutants.ts";

test("each mutant's rule is still where it is taken out", () => {
  const complaints = mutants.flatMap((mutant) => {
    const complaint = complaintAbout(mutant);
    return complaint === undefined ? [] : [`${mutant.id}: ${complaint}`];
  });
  expect(complaints).toEqual([]);
});

test("no two mutants share an id, and none plants what another one plants", () => {
  const ids = mutants.map(({ id }) => id);
  const bugs = mutants.map(({ file, from, to, and, caughtBy }) =>
    JSON.stringify([file, from, to, and, caughtBy.system]),
  );
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  expect(bugs.filter((bug, at) => bugs.indexOf(bug) !== at)).toEqual([]);
});

test("what no run shows is a mutant, and the rest are many", () => {
  const ids = new Set(mutants.map(({ id }) => id));
  expect([...unshown].filter((id) => !ids.has(id))).toEqual([]);
  expect(ids.size - unshown.size).toBeGreaterThan(25);
});

/** Caught in the first runs: quick enough for every test. */
const quick = new Set([
  "ledger.chunk-continues",
  "judge.unstamped-forbids",
  "queue.young-counts",
  "queue.consumer-dies",
]);

test("bugs that are planted in the product are caught, in runs that the product itself passes", async () => {
  const chosen = mutants.filter(({ id }) => quick.has(id));
  const results = await runMutants(chosen);
  expect(results.filter(({ caughtAt }) => caughtAt === undefined)).toEqual([]);
  expect(results).toHaveLength(quick.size);
  const caughtAt = new Map(results.map((result) => [result.id, result.caughtAt]));
  const plays = chosen.flatMap((mutant) => playsOf(mutant).filter(({ seed }) => seed === caughtAt.get(mutant.id)));
  const whole = await Promise.all(plays.map(async (wish) => await play(wish)));
  expect(whole.filter(isBad)).toEqual([]);
});
