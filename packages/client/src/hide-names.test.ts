import { isHiddenName } from "@seqwatch/core";
import { expect, test } from "vitest";
import { checkHideNames, createNameHider, hideName } from "./hide-names.ts";

const secret = "a secret of all services";

test("a hidden name is the same wherever the secret is the same, and another one where it is not", () => {
  const hidden = hideName(secret, "user.4711.created");
  expect(hidden).toBe("~S0TiIC2spsbeebUBH5qI7_");
  expect(isHiddenName(hidden)).toBe(true);
  expect(createNameHider(secret)("user.4711.created")).toBe(hidden);
  expect(hideName("another secret of 16", "user.4711.created")).not.toBe(hidden);
  expect(createNameHider(undefined)("user.4711.created")).toBe("user.4711.created");
});

test("more names than are remembered are hidden all the same", () => {
  const hide = createNameHider(secret);
  const first = hide("0");
  for (let at = 0; at < 25_000; at += 1) hide(`${at}`);
  expect(hide("0")).toBe(first);
});

test.each([{ secret: "too short" }, { secret: 7 }, "a secret of all services", null])(
  "%o is refused, and what was given as the secret is not repeated",
  (given) => {
    expect(() => checkHideNames(given)).toThrow("a text of at least 16 characters");
    expect(() => checkHideNames(given)).not.toThrow("too short");
  },
);
