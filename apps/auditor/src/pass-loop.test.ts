import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PassSummary } from "./auditor.ts";
import { startPassLoop } from "./pass-loop.ts";

const summary: PassSummary = { lanes: 0, looked: 0, failed: 0, changed: 0, hasMore: false, tookMs: 0 };
let failures: unknown[] = [];

function startLoop(pass: () => Promise<PassSummary>) {
  return startPassLoop({
    pass,
    intervalMs: 500,
    nowMs: () => Date.now(),
    passed: () => undefined,
    failed: (error) => failures.push(error),
  });
}

beforeEach(() => {
  failures = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a pass begins each interval, the first one at once", async () => {
  const pass = vi.fn<() => Promise<PassSummary>>(async () => summary);
  const loop = startLoop(pass);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(pass).toHaveBeenCalledTimes(3);
  await loop.close();
});

test("a pass that leaves lanes over is followed at once", async () => {
  let passes = 0;
  const pass = vi.fn<() => Promise<PassSummary>>(async () => ({ ...summary, hasMore: ++passes < 5 }));
  const loop = startLoop(pass);
  await vi.advanceTimersByTimeAsync(100);
  expect(pass).toHaveBeenCalledTimes(5);
  await loop.close();
});

test("a pass that rejects is told and does not stop the next", async () => {
  const pass = vi.fn<() => Promise<PassSummary>>(() => Promise.reject(new Error("store away")));
  const loop = startLoop(pass);
  await vi.advanceTimersByTimeAsync(500);
  expect([pass.mock.calls.length, failures.length]).toEqual([2, 2]);
  await loop.close();
});

test("close waits for the pass under way and lets no further one begin", async () => {
  const { promise, resolve } = Promise.withResolvers<PassSummary>();
  const pass = vi.fn<() => Promise<PassSummary>>(() => promise);
  const loop = startLoop(pass);
  let isClosed = false;
  const closing = loop.close().then(() => (isClosed = true));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(isClosed).toBe(false);
  resolve(summary);
  await closing;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(pass).toHaveBeenCalledTimes(1);
});

test("after a hurry a few passes follow each other quickly, also where it comes in a pause", async () => {
  const pass = vi.fn<() => Promise<PassSummary>>(async () => summary);
  const loop = startLoop(pass);
  await vi.advanceTimersByTimeAsync(200);
  loop.hurry();
  await vi.advanceTimersByTimeAsync(250);
  expect(pass).toHaveBeenCalledTimes(4);
  await vi.advanceTimersByTimeAsync(400);
  expect(pass).toHaveBeenCalledTimes(4);
  await loop.close();
});
