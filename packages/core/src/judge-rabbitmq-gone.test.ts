import { expect, test } from "vitest";
import { findEnding, mayGoOn } from "./judge-rabbitmq-gone.ts";
import type { CalmLook } from "./judge-rabbitmq-memory.ts";
import type { QueueReading } from "./reading.ts";

const limits = {
  ttlMs: undefined,
  dropsHead: false,
  deadLetters: false,
  atRestart: "persistent",
  isTemporary: false,
} as const;
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
    ready: undefined,
    unacked: undefined,
    getCount: undefined,
    publishCount: undefined,
    isUntouched: undefined,
    uptimeMs,
    statisticsLagMs: 2_000,
  };
}

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
