import { expect, test } from "vitest";
import { holdsOpen, track } from "./tracked.ts";

const ended: boolean[] = [];
const note = (hasFailed: boolean): void => void ended.push(hasFailed);

test("a message is held open until all of its work is over, and has failed if any of it has", async () => {
  ended.length = 0;
  const message = {};
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  expect(track(message, first.promise)).toBe(first.promise);
  const failed = track(message, second.promise).catch((error: unknown) => error);
  expect(holdsOpen(message, note)).toBe(true);
  first.resolve("done");
  await first.promise;
  expect(ended).toEqual([]);
  second.reject(new Error("No such lamp."));
  await failed;
  expect(ended).toEqual([true]);
});

test("work that is over with its handler holds nothing open, unless it has failed", async () => {
  ended.length = 0;
  const message = {};
  await track(message, Promise.resolve());
  expect(holdsOpen(message, note)).toBe(false);
  await track(message, Promise.reject(new Error("No such lamp."))).catch(() => {}); // the application's to handle
  expect(holdsOpen(message, note)).toBe(true);
  expect(holdsOpen({}, note)).toBe(false);
  expect(ended).toEqual([true]);
});
