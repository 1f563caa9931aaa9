import type { Channel, ConfirmChannel, Options } from "amqplib";
import { expect, test } from "vitest";
import { createBench } from "./harness.ts";

class Inherited {
  own = 1;
}
Reflect.set(Inherited.prototype, "fromPrototype", "counts");

/** With its name, its type and two lengths it leaves 20 of the 65,536 bytes that amqplib has for a table. */
const large = "x".repeat(65_501);
const withProto: unknown = JSON.parse('{"__proto__": "a key like any other"}');

/** Options that amqplib takes; what they become on the wire is the oracle's business. */
const legal: Readonly<Record<string, unknown>> = {
  none: undefined,
  nothing: null,
  empty: {},
  "no headers": { headers: undefined },
  "null headers": { headers: null },
  scalars: {
    headers: { a: "text", b: 1, c: 1.5, d: true, e: null, f: undefined, g: -40_000, h: 2 ** 40, "": "empty" },
  },
  "bytes and tables": {
    headers: { bytes: Buffer.from([1, 2, 3]), list: [1, "two", { three: 3 }], table: { deep: { er: 1 } } },
  },
  typed: { headers: { at: { "!": "timestamp", value: 1_700_000_000 }, small: { "!": "int8", value: 3 } } },
  inherited: { headers: new Inherited() },
  "without a prototype": { headers: Object.assign(Object.create(null), { a: 1 }) },
  "an array of headers": { headers: ["zero", "one"] },
  "a key named __proto__": { headers: withProto },
  frozen: Object.freeze({ persistent: true, headers: Object.freeze({ a: "frozen" }) }),
  "inherited options": Object.create({ messageId: "inherited", headers: { a: 1 } }),
  "frozen inherited options": Object.create(Object.freeze({ mandatory: false, headers: { a: 1 } })),
  "all properties": {
    persistent: true,
    contentType: "text/plain",
    contentEncoding: "utf8",
    priority: 3,
    correlationId: "c",
    replyTo: "r",
    expiration: 60_000,
    messageId: "m",
    timestamp: 1_700_000_000,
    type: "t",
    appId: "a",
    headers: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
  },
  "carbon copies": { CC: ["nobody-there"], headers: { a: 1 } },
  "carbon copies as headers": { headers: { CC: ["nobody-there"] } },
  "a table near the limit": { headers: { large } },
  "a delay": { headers: { "x-delay": 10 } },
};

/** Options that amqplib refuses. */
const illegal: Readonly<Record<string, unknown>> = {
  "a bigint": { headers: { a: 1n } },
  "a function": { headers: { a: () => {} } },
  "headers of text": { headers: "text" },
  "a number as content type": { contentType: 7 },
  "a priority of text": { priority: "high" },
  "a key of 300 bytes": { headers: { ["k".repeat(300)]: 1 } },
  "a header getter that throws": {
    headers: {
      get a(): never {
        throw new SyntaxError("the getter's own");
      },
    },
  },
};

function publish(channel: ConfirmChannel, queue: string, content: unknown, options: unknown): unknown {
  // amqplib's types forbid much of what it takes, and the point is what it does with it.
  return Reflect.apply(Reflect.get(channel, "sendToQueue"), channel, [queue, content, options]);
}

async function deliveredFrom(channel: Channel, queue: string) {
  const message = await channel.get(queue, { noAck: true });
  if (message === false) throw new Error("Nothing was delivered.");
  const { headers, ...properties } = message.properties;
  return { content: message.content.toString(), headers: Object.entries(headers ?? {}), properties };
}

async function createPair() {
  const bench = await createBench();
  const watched = await (await bench.connect()).createConfirmChannel();
  const bare = await bench.bare.createConfirmChannel();
  const reader = await bench.bare.createChannel();
  return { bench, watched, bare, reader, queue: await bench.queue(), bareQueue: await bench.queue() };
}

test.each(Object.keys(legal))("a consumer gets with our stamp just what it gets without: %s", async (name) => {
  const { watched, bare, reader, queue, bareQueue } = await createPair();
  const options = legal[name];
  const before = JSON.stringify(options);
  publish(watched, queue, Buffer.from(name), options);
  publish(bare, bareQueue, Buffer.from(name), options);
  await Promise.all([watched.waitForConfirms(), bare.waitForConfirms()]);
  const [got, expected] = [await deliveredFrom(reader, queue), await deliveredFrom(reader, bareQueue)];
  expect({ ...got, headers: got.headers.filter(([key]) => key !== "seqwatch") }).toEqual(expected);
  expect(JSON.stringify(options)).toBe(before);
});

test.each(Object.keys(legal))("each message is either stamped and acked, or counted as unaudited: %s", async (name) => {
  const { bench, watched, reader, queue } = await createPair();
  publish(watched, queue, Buffer.from(name), legal[name]);
  await watched.waitForConfirms();
  await bench.client.flush();
  const [ledger] = await bench.ledgers("", queue);
  const { headers } = await deliveredFrom(reader, queue);
  const isStamped = headers.some(([key]) => key === "seqwatch");
  expect({ acked: ledger?.acked, unaudited: ledger?.unauditedCount }).toEqual(
    isStamped ? { acked: [1, 1], unaudited: 0 } : { acked: [], unaudited: 1 },
  );
  expect(isStamped).toBe(!/carbon|limit|delay/.test(name));
});

test.each(Object.keys(illegal))("what amqplib refuses it refuses in the same words: %s", async (name) => {
  const { bench, watched, bare, queue, bareQueue } = await createPair();
  const refusal = refusalOf(() => publish(watched, queue, Buffer.from(name), illegal[name]));
  expect(refusal).toBeInstanceOf(Error);
  expect(refusal).toEqual(refusalOf(() => publish(bare, bareQueue, Buffer.from(name), illegal[name])));
  watched.sendToQueue(queue, Buffer.from("after"));
  await watched.waitForConfirms();
  await bench.client.flush();
  expect(await bench.ledgers("", queue)).toMatchObject([{ assigned: 1, acked: [1, 1], uncertain: [], voided: [] }]);
});

test("content that is no Buffer is refused in the same words, and takes no sequence", async () => {
  const { bench, watched, bare, queue } = await createPair();
  const refusal = refusalOf(() => publish(watched, queue, "text", {}));
  expect(refusal).toBeInstanceOf(TypeError);
  expect(refusal).toEqual(refusalOf(() => publish(bare, queue, "text", {})));
  watched.sendToQueue(queue, Buffer.from("after"));
  await watched.waitForConfirms();
  await bench.client.flush();
  expect(await bench.ledgers("", queue)).toMatchObject([{ assigned: 1, acked: [1, 1] }]);
});

test("a stamp that a message came with is kept beside ours", async () => {
  const { watched, reader, queue } = await createPair();
  const options: Options.Publish = { headers: { seqwatch: "1.AAAAAAAAAAA.AAAAAAAA.7" } };
  watched.sendToQueue(queue, Buffer.from("forwarded"), options);
  await watched.waitForConfirms();
  const headers = Object.fromEntries((await deliveredFrom(reader, queue)).headers);
  expect(headers["seqwatch-origin"]).toBe("1.AAAAAAAAAAA.AAAAAAAA.7");
  expect(headers["seqwatch"]).toMatch(/^1\.[\w-]{11}\.[\w-]{8}\.1$/);
  expect(options).toEqual({ headers: { seqwatch: "1.AAAAAAAAAAA.AAAAAAAA.7" } });
});

function refusalOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
