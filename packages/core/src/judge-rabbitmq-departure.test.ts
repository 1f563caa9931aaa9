import { expect, test } from "vitest";
import { departureOf, nextUse } from "./judge-rabbitmq-departure.ts";
import { type ConsumerLook, noWatch, type QueueUse, type QueueWatch } from "./judge-rabbitmq-memory.ts";
import { noLimits, type QueueLimits, type QueueReading } from "./reading.ts";

const limits: QueueLimits = { ...noLimits, atRestart: "persistent" };
const unseen = noWatch.use;
const open: ConsumerLook = { number: 1, deliveries: 0, isQuiet: true, state: "open", isCounted: true };
const consumersOf = (state: ConsumerLook["state"]) => new Map([["k", { ...open, state }]]);

function readingAt(
  beganAtMs: number,
  consumerCount: number | undefined,
  change: Partial<QueueReading> = {},
): QueueReading {
  return {
    beganAtMs,
    exists: true,
    bound: true,
    provable: true,
    limits,
    shape: "",
    consumerCount,
    readyCount: 1,
    ready: 1,
    unacked: 0,
    getCount: 0,
    publishCount: 1,
    isUntouched: false,
    uptimeMs: 1,
    statisticsLagMs: 2_000,
    ...change,
  };
}

/** One look a second until the queue is gone, each with so many consumers; undefined = not readable. */
function useAfter(counts: readonly (number | undefined)[], change: Partial<QueueReading> = {}): QueueUse {
  const looks = [...counts.keys(), counts.length].map((at) => at * 1_000);
  return looks.reduce((use, atMs, at) => {
    const isGone = at === counts.length;
    const reading = readingAt(atMs, counts[at], { ...change, exists: !isGone });
    const consumers = consumersOf(counts[at] === 0 ? "closed" : "open");
    return nextUse(use, { reading, consumers, lookedAtMs: atMs - 1_000, getsGrew: false });
  }, unseen);
}

function watchOf(use: QueueUse, change: Partial<QueueLimits>, consumers = consumersOf("open")): QueueWatch {
  return { ...noWatch, isGone: true, limits: { ...limits, ...change }, use, consumers };
}

const expiresAfterMs = 4_000;

test("a queue with neither expiry nor owner is taken away by somebody", () => {
  expect(departureOf(watchOf(useAfter([1, 0, 0]), {}), undefined)).toBe("taken");
});

test("an expiry explains only what was unused for that long", () => {
  expect(departureOf(watchOf(useAfter([1, 0, 0]), { expiresAfterMs }), undefined)).toBe("taken");
  expect(departureOf(watchOf(useAfter([1, 0, 0, 0]), { expiresAfterMs }), undefined)).toBe("by-itself");
});

test("whether an expiry was over, nobody can say who came later or looked away", () => {
  expect(departureOf(watchOf(useAfter([0, 0]), { expiresAfterMs }), undefined)).toBe("unclear");
  expect(departureOf(watchOf(useAfter([0, 0, 0, 0]), { expiresAfterMs }), undefined)).toBe("by-itself");
  const unreadable = [1, 0, 0, 0, undefined];
  expect(departureOf(watchOf(useAfter(unreadable), { expiresAfterMs }), undefined)).toBe("unclear");
});

test("a look after a long absence does not count the time of the absence as unused", () => {
  const reading = readingAt(100_000, 0);
  const before = { ...unseen, unusedSinceMs: 1_000 };
  const sight = { reading, consumers: new Map(), getsGrew: false };
  expect(nextUse(before, { ...sight, lookedAtMs: 2_000 }).unusedSinceMs).toBe(100_000);
  expect(nextUse(before, { ...sight, lookedAtMs: 99_000 }).unusedSinceMs).toBe(1_000);
});

test("a get is a use, though nobody consumes", () => {
  const sight = { reading: readingAt(9_000, 0), consumers: new Map(), lookedAtMs: 8_000, getsGrew: true };
  expect(nextUse({ ...unseen, unusedSinceMs: 1_000 }, sight)).toMatchObject({
    lastUsedAtMs: 7_000,
    unusedSinceMs: undefined,
  });
});

test("an auto-delete queue goes by itself at the end of the last of its consumers alone", () => {
  const goesWith = "last-consumer";
  const gone = (state: ConsumerLook["state"], counts = [1, 1]) =>
    departureOf(watchOf(useAfter(counts), { goesWith }, consumersOf(state)), undefined);
  expect(gone("open")).toBe("unclear");
  expect(gone("closed")).toBe("by-itself");
  expect(gone("dead")).toBe("by-itself");
  expect(gone("closed", [1, 0, 0])).toBe("taken");
});

test("a consumer that has left the record just before the look, and was counted still, is one whose end was seen", () => {
  const used = useAfter([1]);
  const sight = { reading: readingAt(2_000, 1), consumers: consumersOf("closed"), lookedAtMs: 1_000, getsGrew: false };
  const left = nextUse({ ...used, goneAtMs: undefined }, sight);
  expect(left).toMatchObject({ users: new Set(["k"]), hasForeign: false });
  const watch = watchOf(left, { goesWith: "last-consumer" }, consumersOf("closed"));
  expect(departureOf(watch, undefined)).toBe("by-itself");
});

test("the end of a consumer that nobody audits is not seen", () => {
  const use = { ...useAfter([1, 1]), hasForeign: true };
  expect(departureOf(watchOf(use, { goesWith: "last-consumer" }, consumersOf("closed")), undefined)).toBe("unclear");
});

test("an exclusive queue goes with its connection, whoever could count", () => {
  expect(departureOf(watchOf(unseen, { goesWith: "connection" }), undefined)).toBe("by-itself");
});

test("what has gone by itself stays so, though its consumers are forgotten, until it is there again", () => {
  const watch = watchOf(useAfter([1, 1]), { goesWith: "last-consumer" }, new Map());
  expect(departureOf(watch, "by-itself")).toBe("by-itself");
  expect(departureOf({ ...watch, isGone: false }, "by-itself")).toBeUndefined();
});
