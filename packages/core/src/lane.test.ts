import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Lane, laneHashOf, laneKeyOf, parseLaneKey, sameDestination } from "./lane.ts";

const vectors: { readonly lanes: readonly (Lane & { readonly laneHash: string })[] } = JSON.parse(
  readFileSync(new URL("../../../docs/stamp-vectors.json", import.meta.url), "utf8"),
);

const system = fc.constantFrom("kafka", "rabbitmq", "rocketmq");
/** Also what escaping gets wrong: separators, escapes that look encoded, and halves of surrogate pairs. */
const hostileUnits = [
  "/",
  "%",
  "%2F",
  "%u",
  "D800",
  "\ud800",
  "\udc00",
  "\0",
  "{",
  "}",
  " ",
  "'",
  "*",
  "é",
  "📦",
  "a",
  ".",
];
/** Where UTF-8 changes the length of its encoding. */
const boundaryUnits = ["\u007f", "\u0080", "\u07ff", "\u0800", "\uffff", "\u{10000}", "\u{10ffff}"];
const hostileUnit = fc.constantFrom(...hostileUnits, ...boundaryUnits);
const part = fc.oneof(
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.array(hostileUnit, { maxLength: 4 }).map((units) => units.join("")),
);
const lane: fc.Arbitrary<Lane> = fc.record({ system, cluster: part, destination: part, partition: part });

const orders: Lane = { system: "kafka", cluster: "MkU3", destination: "orders", partition: "3" };

describe("lane key", () => {
  test("reads like a path, with everything unusual percent-encoded", () => {
    expect(laneKeyOf(orders)).toBe("kafka/MkU3/orders/3");
    expect(laneKeyOf({ system: "rabbitmq", cluster: "rabbit@a//", destination: "", partition: "a b/{c}*'é" })).toBe(
      "rabbitmq/rabbit%40a%2F%2F//a%20b%2F%7Bc%7D%2A%27%C3%A9",
    );
    expect(laneKeyOf({ ...orders, partition: "\ud800" })).toBe("kafka/MkU3/orders/%uD800");
  });

  test("is printable ASCII without braces, spaces, quotes and wildcards, and gives every lane back", () => {
    fc.assert(
      fc.property(lane, (lane) => {
        const key = laneKeyOf(lane);
        expect(key).toMatch(/^[A-Za-z0-9._~%/-]+$/);
        expect(parseLaneKey(key)).toEqual(lane);
      }),
      { numRuns: 6_000 },
    );
  });

  test("is the same for two lanes only when they are the same lane", () => {
    const few = fc
      .array(fc.constantFrom("/", "%", "2F", "u", "\ud83d", "\udce6", "a"), { maxLength: 3 })
      .map((units) => units.join(""));
    const close = fc.record({ system, cluster: few, destination: few, partition: few });
    fc.assert(
      fc.property(close, close, (a, b) => {
        expect(laneKeyOf(a) === laneKeyOf(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 6_000 },
    );
  });

  test.each([
    ["nothing", ""],
    ["too few parts", "kafka/a/b"],
    ["too many parts", "kafka/a/b/c/d"],
    ["an unknown system", "nats/a/b/c"],
    ["a character that must be escaped", "kafka/a/b c/d"],
    ["lower-case escapes", "kafka/a%2fb/c/d"],
    ["needless escapes", "kafka/%61/b/c"],
    ["broken escapes", "kafka/%/b/c"],
    ["escapes that are not UTF-8", "kafka/%C3%28/b/c"],
    ["a pair written as two lone surrogates", "kafka/%uD83D%uDCE6/b/c"],
    ["a plain character written as a lone surrogate", "kafka/%u0061/b/c"],
  ])("a key with %s is refused", (_, key) => {
    expect(parseLaneKey(key)).toBeUndefined();
  });

  test("a text that is accepted is exactly the key of its lane", () => {
    const noise = fc.array(
      fc.constantFrom("kafka", "/", "/", "/", "a", "%", "2F", "2f", "%2F", "%uD83D", "%uDCE6", "é", "%C3%A9"),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(noise, (pieces) => {
        const key = `kafka/${pieces.join("")}`;
        const parsed = parseLaneKey(key);
        expect(parsed === undefined || laneKeyOf(parsed) === key).toBe(true);
      }),
      { numRuns: 6_000 },
    );
  });
});

describe("lane hash", () => {
  test.each(vectors.lanes)(
    "of $system / $cluster / $destination / $partition is the one of the specification",
    ({ laneHash, ...lane }) => {
      expect(laneHashOf(lane)).toBe(laneHash);
    },
  );

  test("agrees with an encoder and a hash written in another way", () => {
    fc.assert(
      fc.property(lane, (lane) => {
        expect(laneHashOf(lane)).toBe(plainHashOf(lane));
      }),
      { numRuns: 3_000 },
    );
  });

  test("differs between all partitions of a topic", () => {
    const hashes = Array.from({ length: 10_000 }, (_, partition) =>
      laneHashOf({ ...orders, partition: `${partition}` }),
    );
    expect(new Set(hashes).size).toBe(10_000);
  });

  test("of a lone surrogate is the one of U+FFFD, which is what arrives at the consumer", () => {
    expect(laneHashOf({ ...orders, partition: "a\ud800b" })).toBe(laneHashOf({ ...orders, partition: "a\ufffdb" }));
  });
});

test("the same destination is one system, destination and partition under two names of the cluster", () => {
  expect(sameDestination(orders, { ...orders, cluster: "kafka-b" })).toBe(true);
  expect(sameDestination(orders, orders)).toBe(false);
  expect(sameDestination(orders, { ...orders, cluster: "kafka-b", partition: "4" })).toBe(false);
  expect(sameDestination(orders, { ...orders, cluster: "kafka-b", destination: "orders-2" })).toBe(false);
  expect(sameDestination(orders, { ...orders, cluster: "kafka-b", system: "rocketmq" })).toBe(false);
});

/** The hash by the host's own encoders, with the multiplication spelled out as 2^40 + 0x1b3. */
function plainHashOf(lane: Lane): string {
  const bytes = Buffer.from(`${lane.system}\0${lane.cluster}\0${lane.destination}\0${lane.partition}`, "utf8");
  let hash = 14_695_981_039_346_656_037n;
  for (const byte of bytes) {
    hash ^= BigInt(byte);
    hash = BigInt.asUintN(64, (hash << 40n) + hash * 435n);
  }
  const folded = BigInt.asUintN(48, hash) ^ (hash >> 48n);
  return Buffer.from(folded.toString(16).padStart(12, "0"), "hex").toString("base64url");
}
