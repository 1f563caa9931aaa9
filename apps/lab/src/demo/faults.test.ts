import { expect, test } from "vitest";
import { planFaults } from "./faults.ts";

test("a run of 90 seconds has every kind of fault once, well before its end", () => {
  const { faults, roundMs } = planFaults({ forMs: 90_000 });
  expect(faults.map(({ fault }) => fault).sort()).toEqual([
    "full-queue",
    "killed-consumer",
    "missing-binding",
    "rolling-restart",
  ]);
  expect(Math.max(...faults.map(({ atMs }) => atMs))).toBeLessThan(roundMs / 2);
});

test("three brokers at their pace leave time for the traffic to recover", () => {
  const { faults, restart, roundMs } = planFaults({ forMs: 90_000 });
  const beginsAtMs = faults.find(({ fault }) => fault === "rolling-restart")?.atMs ?? Infinity;
  const stopAndStartMs = 7_000;
  expect(beginsAtMs + 3 * (restart.downMs + restart.pauseMs + stopAndStartMs)).toBeLessThan(roundMs);
});

test("a shorter run hurries, a longer one does not dawdle", () => {
  expect(planFaults({ forMs: 45_000 }).restart.downMs).toBe(3_000);
  expect(planFaults({ forMs: 600_000 })).toEqual(planFaults({ forMs: 90_000 }));
  expect(planFaults({ forMs: undefined })).toEqual(planFaults({ forMs: 90_000 }));
});

test("faults come in the order of their times", () => {
  const { faults } = planFaults({ forMs: 90_000, redisKillAtMs: 20_000, redisDownMs: 30_000, toggleCount: 20 });
  const times = faults.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(faults.find(({ fault }) => fault === "redis-down")?.atMs).toBe(20_000);
});

test("recording is toggled as often as asked for, while the traffic runs", () => {
  const toggles = planFaults({ forMs: 90_000, toggleCount: 20 }).faults.filter(({ fault }) => fault === "toggle");
  expect(toggles).toHaveLength(20);
  expect(new Set(toggles.map(({ atMs }) => atMs)).size).toBe(20);
  expect(toggles.every(({ atMs }) => atMs > 0 && atMs < 90_000)).toBe(true);
});

test("while Redis is away no fault happens over queues", () => {
  const { faults } = planFaults({ forMs: 90_000, redisKillAtMs: 20_000, redisDownMs: 30_000 });
  const overQueues = faults.filter(({ fault }) => fault === "full-queue" || fault === "killed-consumer");
  expect(overQueues.map(({ atMs }) => atMs > 50_000 && atMs < 80_000)).toEqual([true, true]);
});
