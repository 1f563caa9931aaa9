import { createClient } from "@seqwatch/client";
import { createMemoryStore, parseStamp } from "@seqwatch/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createFakeCluster, type WireRecord } from "../test/fake-cluster.ts";
import type { MessagePort } from "./port.ts";
import { watchKafka } from "./watch-kafka.ts";

const silent = { finding: () => {}, notice: () => {} };

/** What one producer puts on the wire for a message, or the error it rejects with. */
async function wireOf(message: MessagePort, isWatched: boolean): Promise<WireRecord | string> {
  const fake = createFakeCluster();
  if (isWatched) {
    const client = createClient({ service: "test", store: createMemoryStore(), observer: silent });
    watchKafka(fake.kafka, { client });
  }
  const producer = fake.kafka.producer({ createPartitioner: () => () => 0 });
  await producer.connect();
  try {
    await Reflect.apply(producer.send.bind(producer), undefined, [{ topic: "orders", messages: [message] }]);
  } catch (error) {
    return String(error);
  }
  const record = fake.produced[0]?.records[0];
  return record ?? "nothing was produced";
}

function withoutOurs(record: WireRecord | string): WireRecord | string {
  if (typeof record === "string") return record;
  return { ...record, headers: record.headers.filter(([name]) => name !== "seqwatch") };
}

class Custom {
  own = "own";
  get inherited(): string {
    return "inherited";
  }
}

const value = fc.oneof(
  fc.string(),
  fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
  fc.array(
    fc.oneof(
      fc.string(),
      fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    ),
    { maxLength: 3 },
  ),
  fc.uint8Array({ maxLength: 4 }),
  fc.constantFrom<unknown>(null, undefined, 1, true, {}, Symbol.iterator, 5n),
);
const key = fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom("__proto__", "constructor", "0", "10", "", "é"));
const headers = fc.oneof(
  fc.array(fc.tuple(key, value), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  fc.constantFrom<unknown>(
    undefined,
    null,
    "ab",
    7,
    ["x", "y"],
    new Map([["a", "b"]]),
    new Custom(),
    Object.freeze({ a: "b" }),
  ),
);

test("the bytes of a watched message less our header, or its error, are those of the bare client", async () => {
  await fc.assert(
    fc.asyncProperty(headers, async (headers) => {
      const message = { key: "k", value: "v", headers };
      expect(withoutOurs(await wireOf(message, true))).toEqual(await wireOf(message, false));
    }),
    { numRuns: 300 },
  );
});

test("a header that throws when it is read ends in the bare client's error", async () => {
  const headers = {
    get bad(): string {
      throw new RangeError("no such header");
    },
  };
  const message = { value: "v", headers };
  expect(await wireOf(message, true)).toBe(await wireOf(message, false));
});

test("a message without headers gets just the stamp", async () => {
  const record = await wireOf({ value: "v" }, true);
  const [[name, stamp] = []] = typeof record === "string" ? [] : record.headers;
  expect([name, parseStamp(stamp)?.sequence]).toEqual(["seqwatch", 1]);
});

test("a forwarded message keeps the stamp that it came with under another name", async () => {
  const stamp = "1.AAAAAAAAAAA.BBBBBBBB.17";
  const record = await wireOf({ value: "v", headers: { trace: "t", seqwatch: Buffer.from(stamp) } }, true);
  const found = new Map(typeof record === "string" ? [] : record.headers);
  expect(found.get("seqwatch-origin")).toBe(stamp);
  expect(found.get("trace")).toBe("t");
  expect(parseStamp(found.get("seqwatch"))?.producerId).not.toBe("AAAAAAAAAAA");
});

test("a header of the application's own under our name is left as it is, and the message unstamped", async () => {
  const record = await wireOf({ value: "v", headers: { seqwatch: "mine" } }, true);
  expect(typeof record === "string" ? [] : record.headers).toEqual([["seqwatch", "mine"]]);
});

test("the user's own objects are neither changed nor frozen, even when one is sent twice at once", async () => {
  const fake = createFakeCluster();
  watchKafka(fake.kafka, { service: "test", store: createMemoryStore(), observer: silent });
  const producer = fake.kafka.producer({ createPartitioner: () => () => 0 });
  await producer.connect();
  const message = Object.freeze({ value: "v", headers: Object.freeze({ a: "b" }) });
  await producer.send({ topic: "orders", messages: [message, message] });
  const stamps = fake.produced[0]?.records.map(({ headers }) => parseStamp(new Map(headers).get("seqwatch"))?.sequence);
  expect(stamps).toEqual([1, 2]);
  expect(message).toEqual({ value: "v", headers: { a: "b" } });
});
