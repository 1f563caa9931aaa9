import { firstAudit, laneKeyOf } from "@seqwatch/core";
import { expect, test } from "vitest";
import { kafkaLane, rabbitLane } from "../test/samples.ts";
import { isDue, newLane, type WatchedLane } from "./lane-schedule.ts";

const now = { version: 4, life: 0, nowMs: 10_000 };

/** A Kafka lane at rest that was looked at a second ago. */
function restingLane(change: Partial<WatchedLane> = {}): WatchedLane {
  return {
    key: laneKeyOf(kafkaLane),
    lane: kafkaLane,
    audit: { ...firstAudit, isOpen: false, version: 4 },
    lookedAtMs: 9_000,
    life: 0,
    isLive: true,
    ...change,
  };
}

test("a live Kafka lane is watched as a queue is only where no record is read", () => {
  const live = restingLane({ isLive: true });
  const times = { restMs: 60_000, liveQueueMs: 2_000, liveLogMs: 2_000 };
  expect(isDue(live, { ...now, nowMs: 11_000 }, times)).toBe(true);
  expect(isDue(live, { ...now, nowMs: 11_000 })).toBe(false);
});

test("a lane at rest is left alone", () => {
  expect(isDue(restingLane(), now)).toBe(false);
});

test("a lane that changed is due", () => {
  expect(isDue(restingLane(), { ...now, version: 5 })).toBe(true);
});

test("a lane in which a verdict waits is due though nothing was written", () => {
  const { audit } = restingLane();
  expect(isDue(restingLane({ audit: { ...audit, isOpen: true } }), now)).toBe(true);
});

test("every lane is due when the store may have lost writes", () => {
  expect(isDue(restingLane(), { ...now, life: 1 })).toBe(true);
});

test("every lane is due after a minute", () => {
  expect(isDue(restingLane(), { ...now, nowMs: 68_999 })).toBe(false);
  expect(isDue(restingLane(), { ...now, nowMs: 69_000 })).toBe(true);
});

test("a live RabbitMQ lane is looked at often enough to see who comes and goes, one at rest is not", () => {
  const live = restingLane({ lane: rabbitLane });
  expect(isDue(live, { ...now, nowMs: 11_000 })).toBe(true);
  expect(isDue({ ...live, isLive: false }, { ...now, nowMs: 11_000 })).toBe(false);
});

test("a lane that the store forgot is due only by its age", () => {
  expect(isDue(restingLane(), { ...now, version: undefined })).toBe(false);
});

test("a key that is no lane's is not watched", () => {
  expect(newLane("not a lane", [], 0)).toBeUndefined();
});
