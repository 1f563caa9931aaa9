import { expect, test } from "vitest";
import { visible, visibleJson } from "./visible.ts";

const hostile = "\u001b[31m\u0007\u009b\u202E\u200F\uFEFF\u2028\ud800\u{e0001}\n";

test("what a terminal obeys or hides is shown as what it is, and all else stays", () => {
  expect(visible(`päymentş ${hostile}日本 👍 "'<>`)).toBe(
    "päymentş \\u{1b}[31m\\u{7}\\u{9b}\\u{202e}\\u{200f}\\u{feff}\\u{2028}\\u{d800}\\u{e0001}\\u{a}日本 👍 \"'<>",
  );
});

test("JSON for a terminal is the same JSON", () => {
  const value = { name: hostile, list: ["日本", '"'] };
  expect(visibleJson(value)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  expect(JSON.parse(visibleJson(value))).toEqual(value);
});
