import { expect, test } from "vitest";
import { createNameHash } from "./name-hash.ts";
import { type ExchangeFacts, findRoute } from "./rabbitmq-route.ts";

const secret = "a secret of all services";
/** As the test of `hideName` in packages/client has it. */
const routingKey = "~S0TiIC2spsbeebUBH5qI7_";
const from = { exchange: "orders", routingKey, queue: "billing" };

function exchangeOf(type: string, ...keys: readonly string[]): () => Promise<ExchangeFacts> {
  const bindings = keys.map((key) => ({ destination: "billing", toQueue: true, routingKey: key, arguments: {} }));
  return async () => ({ type, alternate: undefined, bindings });
}

test("the auditor hashes names as clients do", () => {
  expect(createNameHash(secret)?.("user.4711.created")).toBe(routingKey);
});

test.each([
  ["fanout", ["whatever"], { bound: true, provable: true }],
  ["topic", ["#"], { bound: true, provable: true }],
  ["topic", ["user.*.created"], { bound: undefined, provable: false }],
  ["topic", ["user.4711.created"], { bound: undefined, provable: false }],
  ["direct", ["user.4711.created"], { bound: undefined, provable: false }],
  ["direct", [], { bound: false, provable: true }],
] as const)("without the secret a hidden key and a %s exchange bound by %o is %o", async (type, keys, route) => {
  expect(await findRoute(from, exchangeOf(type, ...keys))).toMatchObject(route);
});

test.each([
  ["direct", ["user.4711.created"], { bound: true, provable: true }],
  ["direct", ["user.4712.created"], { bound: false, provable: true }],
  ["topic", ["user.4711.created"], { bound: true, provable: true }],
  ["topic", ["user.*.created"], { bound: undefined, provable: false }],
] as const)("with the secret a hidden key and a %s exchange bound by %o is %o", async (type, keys, route) => {
  expect(await findRoute(from, exchangeOf(type, ...keys), createNameHash(secret))).toMatchObject(route);
});

test("another binding changes what is said of a way that nobody can be sure of", async () => {
  const one = await findRoute(from, exchangeOf("direct", "a"));
  const other = await findRoute(from, exchangeOf("direct", "a", "b"));
  expect(one.steps).not.toEqual(other.steps);
});
