import { expect, test } from "vitest";
import { judgeBroken } from "./broken.ts";

const rule = { rule: "", file: "", from: "", to: "" };
const failed = {
  id: "P1",
  exact: false,
  failure: "Error: in vain for the loss",
  differences: ["Error: in vain for the loss"],
};

test("a row is red when something else was said than it expects, and green when nobody noticed", () => {
  const red = { id: "P1", exact: false, differences: ["lost, and nothing is said of it: 1 (a)"] };
  expect(judgeBroken(rule, red, "").state).toBe("red");
  expect(judgeBroken(rule, { id: "P1", exact: true, differences: [] }, "").state).toBe("green");
});

test("an error of the play proves nothing, whatever else was different", () => {
  expect(judgeBroken(rule, failed, "").state).toBe("broke");
  expect(judgeBroken(rule, undefined, "no server").state).toBe("broke");
});

test("an error that the rule announces is how the row fails without it", () => {
  expect(judgeBroken({ ...rule, mayThrow: "in vain for the loss" }, failed, "").state).toBe("red");
  expect(judgeBroken({ ...rule, mayThrow: "in vain for the end" }, failed, "").state).toBe("broke");
});
