import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { holdsOpen, track } from "./tracked.ts";

const ended: boolean[] = [];
const note = (hasFailed: boolean): void => void ended.push(hasFailed);

test("a message is held open until all of its work is over, and has failed if any of it has", async () => {
  ended.length = 0;
  const message = {};
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  const fulfilled = track(message, first.promise);
  const failed = track(message, second.promise).catch((error: unknown) => error);
  expect(holdsOpen(message, note)).toBe(true);
  first.resolve("done");
  expect(await fulfilled).toBe("done");
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

test("a rejection that the application does not handle is told by Node, as it would be without us", async () => {
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  onTestFinished(() => {
    for (const listener of others) process.on("unhandledRejection", listener);
  });
  const told = once(process, "unhandledRejection");
  const failure = new Error("No such lamp.");
  void track({}, Promise.reject(failure));
  expect((await told)[0]).toBe(failure);
});

test("what is no promise is given back as it is, and holds nothing open", () => {
  const message = {};
  expect([undefined, null, 3, "text"].map((value) => track(message, value))).toEqual([undefined, null, 3, "text"]);
  expect(holdsOpen(message, note)).toBe(false);
});
