import { expect, test } from "vitest";
import { matchesTopic } from "./topic-match.ts";

test.each([
  ["orders.eu.created", "orders.eu.created"],
  ["orders.*.created", "orders.eu.created"],
  ["orders.#", "orders"],
  ["orders.#", "orders.eu.created"],
  ["#", ""],
  ["#", "anything.at.all"],
  ["#.created", "created"],
  ["#.created", "orders.eu.created"],
  ["#.eu.#", "orders.eu"],
  ["*.#.created", "orders.created"],
  ["#.*", "orders"],
  ["", ""],
  ["a..b", "a..b"],
  ["a.*.b", "a..b"],
])("%j lets %j through", (bindingKey, routingKey) => {
  expect(matchesTopic(bindingKey, routingKey)).toBe(true);
});

test.each([
  ["orders.*", "orders"],
  ["orders.*", "orders.eu.created"],
  ["*", ""],
  ["", "orders"],
  ["orders.*.created", "orders.created"],
  ["#.created", "orders.created.eu"],
  ["#.*", ""],
  ["orders", "Orders"],
  ["a.b", "a.b.c"],
])("%j holds %j back", (bindingKey, routingKey) => {
  expect(matchesTopic(bindingKey, routingKey)).toBe(false);
});

test("a pattern of many wildcards costs no more than its words times the key's", () => {
  const beganAtMs = performance.now();
  expect(matchesTopic(`${"#.".repeat(60)}end`, Array.from({ length: 120 }, () => "a").join("."))).toBe(false);
  expect(performance.now() - beganAtMs).toBeLessThan(500);
});
