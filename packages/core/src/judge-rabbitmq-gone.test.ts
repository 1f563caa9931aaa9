import { expect, test } from "vitest";
import { carryGone, findEnding, isGoneProven, mayGoOn } from "./judge-rabbitmq-gone.ts";
import type { CalmLook, Gone } from "./judge-rabbitmq-memory.ts";
import { noLimits, type QueueReading } from "./reading.ts";

const limits = { ...noLimits, atRestart: "persistent" } as const;
const calm: CalmLook = {
  beganAtMs: 100_000,
  uptimeMs: 60_000,
  limits,
  consumers: new Set(),
  isSpoiled: false,
  unclearAtMs: undefined,
};

function gone(beganAtMs: number, uptimeMs: number | undefined): QueueReading {
  return {
    beganAtMs,
    exists: false,
    bound: false,
    provable: true,
    limits,
    shape: "",
    consumerCount: undefined,
    readyCount: undefined,
    ready: undefined,
    unacked: undefined,
    getCount: undefined,
    publishCount: undefined,
    isUntouched: undefined,
    uptimeMs,
    statisticsLagMs: 2_000,
  };
}

function there(beganAtMs: number, uptimeMs: number): QueueReading {
  return { ...gone(beganAtMs, uptimeMs), exists: true, bound: true, consumerCount: 0, statisticsLagMs: 10_000 };
}

test("a node that began after the calm look has restarted, as soon as its age can be no old answer", () => {
  expect(findEnding(calm, there(109_000, 2_000))).toMatchObject({ kind: "restarted", startedAtMs: 107_000 });
  const young = { ...calm, uptimeMs: 5_000 };
  expect(findEnding(young, there(109_000, 4_000))).toBeUndefined();
  expect(findEnding(young, there(109_000, 2_000))).toMatchObject({ kind: "restarted" });
});

test("an age that is older than statistics should be is no restart from before the calm look", () => {
  expect(findEnding(calm, there(130_000, 74_000))).toBeUndefined();
});

test("a lower age out of the memory of another management node is no restart", () => {
  expect(findEnding(calm, there(101_000, 58_000))).toBeUndefined();
  expect(findEnding({ ...calm, uptimeMs: 5_000 }, there(101_000, 500))).toBeUndefined();
});

const restarted: Gone = {
  kind: "restarted",
  calmAtMs: 100_000,
  sinceMs: 121_000,
  uptimeMs: 10_000,
  hadPassed: false,
  above: 0,
  holders: new Set(),
  numbers: new Map(),
  limits,
};
const sightOf = (reading: QueueReading) => ({ watch: { consumers: new Map() }, reading });

test("a restart is proven only by an age that was told anew after it was first seen", () => {
  expect(isGoneProven(restarted, sightOf(there(122_000, 10_000)), 122_000)).toBe(false);
  expect(isGoneProven(restarted, sightOf(there(126_000, 15_000)), 126_000)).toBe(true);
});

test("what seemed a restart is none once the node tells that it was up at the calm look", () => {
  expect(carryGone(restarted, sightOf(there(122_000, 10_000)))).toBe(restarted);
  expect(carryGone(restarted, sightOf(there(123_000, 28_000)))).toBeUndefined();
});

test("a queue that is gone right after its node was away was given up with the node", () => {
  const away = { ...calm, awayAtMs: 400_000 };
  expect(findEnding(away, gone(401_000, undefined))).toMatchObject({ kind: "deleted", isQueueGone: true });
});

test("a queue that nobody looked at between its node's being away and its end may have been read meanwhile", () => {
  expect(findEnding({ ...calm, awayAtMs: 400_000 }, gone(420_000, undefined))).toBeUndefined();
});

test("a queue whose node tells no age, and was never seen away, is not known to be gone", () => {
  expect(findEnding(calm, gone(101_000, undefined))).toBeUndefined();
});

test("what may have been taken unheard before the node went away proves nothing", () => {
  const away = { ...calm, awayAtMs: 104_000 };
  expect(findEnding({ ...away, unclearAtMs: 103_000 }, gone(105_000, undefined))).toBeUndefined();
  expect(findEnding({ ...away, isSpoiled: true }, gone(105_000, undefined))).toBeUndefined();
});

test("time with the node away counts as looked at, from a look that came soon after the last calm one", () => {
  expect(mayGoOn(calm, 109_000)).toBe(true);
  expect(mayGoOn(calm, 120_000)).toBe(false);
  expect(mayGoOn({ ...calm, awayAtMs: 119_000 }, 120_000)).toBe(true);
});
