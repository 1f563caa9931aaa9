import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";

test("nothing that a topic, a Redis or a name may hold throws, alarms anybody, or makes memory grow", async ({
  annotate,
}) => {
  const seed = randomInt(2 ** 31);
  await annotate(`seed ${seed}`);
  const wrong: string[] = [];
  for await (const result of fuzz(100_000, seed)) wrong.push(...result.wrong);
  expect({ seed, wrong }).toEqual({ seed, wrong: [] });
});
