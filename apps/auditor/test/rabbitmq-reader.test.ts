import { randomUUID } from "node:crypto";
import type { EvidenceReader, Lane, QueueReading } from "@seqwatch/core";
import { type ChannelModel, type ConfirmChannel, connect } from "amqplib";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { createRabbitReader } from "../src/evidence/rabbitmq.ts";

let connection: ChannelModel;
let channel: ConfirmChannel;
let reader: EvidenceReader;
let cluster: string;
let warnings: string[];
/** Every test has names of its own: the broker is shared. */
let name: string;

beforeAll(async () => {
  connection = await connect(inject("amqpUrl"));
  cluster = `${String(connection.connection.serverProperties["cluster_name"])}//`;
});
afterAll(async () => {
  await connection.close();
});
beforeEach(async () => {
  name = `evidence-${randomUUID()}`;
  warnings = [];
  channel = await connection.createConfirmChannel();
  reader = createReader();
});
afterEach(async () => {
  await reader.close();
  for (const queue of [name, `${name}-other`]) await channel.deleteQueue(queue);
  for (const exchange of [name, `${name}-next`]) await channel.deleteExchange(exchange);
  await channel.close();
});

function createReader(change: Partial<Parameters<typeof createRabbitReader>[0]> = {}): EvidenceReader {
  return createRabbitReader({
    managementUrl: inject("managementUrl"),
    virtualHost: "/",
    cluster: undefined,
    connect: () => connect(inject("amqpUrl")),
    statisticsIntervalMs: 5_000,
    warn: (code) => warnings.push(code),
    ...change,
  });
}

async function read(lane: Partial<Lane> = {}, queue = name): Promise<QueueReading | undefined> {
  const whole: Lane = { system: "rabbitmq", cluster, destination: name, partition: "orders.eu", ...lane };
  return await reader.readQueue?.(whole, queue, () => performance.now());
}

test("a queue of the default exchange is bound under its own name alone", async () => {
  await channel.assertQueue(name);
  expect(await read({ destination: "", partition: name })).toMatchObject({
    exists: true,
    bound: true,
    provable: true,
    limits: {
      ttlMs: undefined,
      dropsHead: false,
      deadLetters: false,
      atRestart: "persistent",
      goesWith: undefined,
      expiresAfterMs: undefined,
    },
    consumerCount: 0,
    statisticsLagMs: 10_000,
  });
  expect(await read({ destination: "", partition: "another" })).toMatchObject({ exists: true, bound: false });
});

test("a queue that is not there does not exist, and the next question is answered all the same", async () => {
  expect(await read({ destination: "", partition: name })).toMatchObject({ exists: false, bound: false });
  await channel.assertQueue(`${name}-other`);
  expect(await read({ destination: "" }, `${name}-other`)).toMatchObject({ exists: true, consumerCount: 0 });
});

test.each([
  ["direct", "orders.eu", true],
  ["direct", "orders.us", false],
  ["topic", "orders.*", true],
  ["topic", "#", true],
  ["topic", "*.us", false],
  ["fanout", "", true],
] as const)("a %s exchange bound by %j: %s", async (type, bindingKey, bound) => {
  await channel.assertExchange(name, type);
  await channel.assertQueue(name);
  await channel.bindQueue(name, name, bindingKey);
  expect(await read()).toMatchObject({ bound, provable: true });
});

test("a headers exchange proves nothing: nobody can say what it lets through", async () => {
  await channel.assertExchange(name, "headers");
  await channel.assertQueue(name);
  await channel.bindQueue(name, name, "", { "x-match": "all", region: "eu" });
  expect(await read()).toMatchObject({ bound: undefined, provable: false });
});

test("an exchange bound to an exchange is followed", async () => {
  await channel.assertExchange(name, "topic");
  await channel.assertExchange(`${name}-next`, "direct");
  await channel.assertQueue(name);
  await channel.bindExchange(`${name}-next`, name, "orders.#");
  await channel.bindQueue(name, `${name}-next`, "orders.eu");
  expect(await read()).toMatchObject({ bound: true, provable: true });
  await channel.unbindQueue(name, `${name}-next`, "orders.eu");
  await expect.poll(async () => (await read())?.bound).toBe(false);
});

test("what no binding takes goes to the alternate exchange", async () => {
  await channel.assertExchange(`${name}-next`, "fanout");
  await channel.assertExchange(name, "direct", { alternateExchange: `${name}-next` });
  await channel.assertQueue(name);
  await channel.bindQueue(name, `${name}-next`, "");
  expect(await read()).toMatchObject({ bound: true, provable: true });
});

test("an exchange that is not there reaches nothing", async () => {
  await channel.assertQueue(name);
  expect(await read()).toMatchObject({ exists: true, bound: false });
});

test("the consumers are counted as they are now, not as the statistics have them", async () => {
  await channel.assertQueue(name);
  const { consumerTag } = await channel.consume(name, () => undefined);
  const counted = async () => (await read({ destination: "" }))?.consumerCount;
  expect(await counted()).toBe(1);
  await channel.cancel(consumerTag);
  await expect.poll(counted, { timeout: 2_000 }).toBe(0);
});

test("a queue with an expiry goes in its time, however often it is looked at", async () => {
  await channel.assertQueue(name, { expires: 3_000 });
  const look = async () => await read({ destination: "", partition: name });
  expect(await look()).toMatchObject({ exists: true, limits: { expiresAfterMs: 3_000 } });
  await expect.poll(async () => (await look())?.exists, { timeout: 15_000, interval: 400 }).toBe(false);
});

test("the consumers of a queue with an expiry are counted as soon as it has any: no time runs then", async () => {
  await channel.assertQueue(name, { expires: 60_000 });
  await channel.consume(name, () => undefined);
  const counted = async () => (await read({ destination: "", partition: name }))?.consumerCount;
  await expect.poll(counted, { timeout: 15_000, interval: 400 }).toBe(1);
});

test("another binding of the same key is another shape; one of another queue or key is not", async () => {
  await channel.assertExchange(name, "topic");
  await channel.assertQueue(name);
  await channel.bindQueue(name, name, "orders.*");
  const first = await read();
  await channel.assertQueue(`${name}-other`);
  await channel.bindQueue(`${name}-other`, name, "orders.*");
  await channel.bindQueue(name, name, "invoices.*");
  reader = await renew(reader);
  expect((await read())?.shape).toBe(first?.shape);
  await channel.bindQueue(name, name, "orders.#");
  reader = await renew(reader);
  expect((await read())?.shape).not.toBe(first?.shape);
});

test("limits count whether they are set by argument or by policy, and the smaller one of the two", async () => {
  await channel.assertQueue(name, { deadLetterExchange: "", deadLetterRoutingKey: `${name}-other`, messageTtl: 700 });
  expect(await read({ destination: "" })).toMatchObject({
    limits: { dropsHead: false, deadLetters: true, ttlMs: 700 },
  });
  const before = (await read({ destination: "" }))?.shape;
  const policy = {
    pattern: `^${name}$`,
    "apply-to": "queues",
    priority: 1,
    definition: { "max-length": 10, "message-ttl": 500 },
  };
  await manage("PUT", `/policies/%2F/${name}`, policy);
  reader = await renew(reader);
  const after = await read({ destination: "" });
  await manage("DELETE", `/policies/%2F/${name}`);
  expect(after).toMatchObject({ limits: { dropsHead: true, deadLetters: true, ttlMs: 500 } });
  expect(after?.shape).not.toBe(before);
});

test("a dead-letter exchange that leads nowhere keeps nothing", async () => {
  await channel.assertQueue(name, { deadLetterExchange: `${name}-next`, messageTtl: 700 });
  expect((await read({ destination: "" }))?.limits.deadLetters).toBe(false);
  await channel.assertExchange(`${name}-next`, "fanout");
  await channel.assertQueue(`${name}-other`);
  await channel.bindQueue(`${name}-other`, `${name}-next`, "");
  reader = await renew(reader);
  expect((await read({ destination: "" }))?.limits.deadLetters).toBe(true);
});

test("a full queue that refuses throws nothing away", async () => {
  await channel.assertQueue(name, { maxLength: 5, arguments: { "x-overflow": "reject-publish" } });
  expect((await read({ destination: "" }))?.limits.dropsHead).toBe(false);
});

test("what a restart leaves depends on the kind of queue", async () => {
  const left = async (queue: string) => (await read({ destination: "" }, queue))?.limits.atRestart;
  await channel.assertQueue(name, { durable: false });
  await channel.assertQueue(`${name}-other`, { arguments: { "x-queue-type": "quorum" } });
  expect([await left(name), await left(`${name}-other`)]).toEqual(["none", "all"]);
});

test("the time that the broker has been up is read, also for a queue that is gone", async () => {
  await channel.assertQueue(name);
  const first = (await read({ destination: "" }))?.uptimeMs;
  expect(first).toBeGreaterThan(0);
  await channel.deleteQueue(name);
  reader = await renew(reader);
  expect((await read({ destination: "" }))?.uptimeMs).toBeGreaterThanOrEqual(first ?? 0);
});

test("the queues that a lane reaches are found, whether anybody consumes them or not", async () => {
  const find = async (lane: Partial<Lane>) =>
    await reader.findQueues?.({ system: "rabbitmq", cluster, destination: name, partition: "a", ...lane }, () =>
      performance.now(),
    );
  await channel.assertExchange(name, "topic");
  for (const queue of [name, `${name}-other`]) {
    await channel.assertQueue(queue);
    await channel.bindQueue(queue, name, "a");
  }
  expect((await find({}))?.toSorted()).toEqual([name, `${name}-other`]);
  expect(await find({ partition: "b" })).toEqual([]);
  expect(await find({ destination: "", partition: name })).toEqual([name]);
});

test("priorities and streams prove nothing, quorum queues do", async () => {
  await channel.assertQueue(name, { maxPriority: 5 });
  expect(await read({ destination: "" })).toMatchObject({ provable: false });
  await channel.assertQueue(`${name}-other`, { arguments: { "x-queue-type": "quorum" } });
  expect(await read({ destination: "" }, `${name}-other`)).toMatchObject({ provable: true, statisticsLagMs: 15_000 });
});

test("the statistics follow within their lag, with what was taken by get", async () => {
  await channel.assertQueue(name);
  for (let sent = 0; sent < 5; sent++) channel.sendToQueue(name, Buffer.from("order"));
  await channel.waitForConfirms();
  await channel.get(name, { noAck: true });
  await channel.get(name);
  await expect
    .poll(async () => await read({ destination: "" }), { timeout: 20_000, interval: 250 })
    .toMatchObject({ ready: 3, unacked: 1, getCount: 2 });
});

test("lanes of another cluster are not read, and it is said why", async () => {
  await channel.assertQueue(name);
  expect(await read({ destination: "", cluster: "elsewhere//" })).toBeUndefined();
  expect(warnings).toEqual(["OTHER_CLUSTER"]);
});

test("a user whom the broker refuses reads nothing, and it is said why", async () => {
  await channel.assertQueue(name);
  const url = new URL(inject("managementUrl"));
  url.password = "wrong";
  reader = await renew(reader, { managementUrl: url.href, cluster: cluster.slice(0, -2) });
  expect(await read({ destination: "" })).toBeUndefined();
  expect(warnings).toContain("MANAGEMENT_FORBIDDEN");
});

test("a broker that is away is no evidence, and does not keep anybody waiting", async () => {
  reader = await renew(reader, {
    managementUrl: "http://127.0.0.1:1",
    cluster: cluster.slice(0, -2),
    connect: () => connect("amqp://127.0.0.1:1"),
  });
  const beganAtMs = performance.now();
  expect(await read({ destination: "" })).toBeUndefined();
  expect(await read({ destination: "" })).toBeUndefined();
  expect(performance.now() - beganAtMs).toBeLessThan(2_000);
});

test("the reader's own connection may die: the next look opens another", async () => {
  const opened: ChannelModel[] = [];
  reader = await renew(reader, {
    connect: async () => {
      const own = await connect(inject("amqpUrl"));
      opened.push(own);
      return own;
    },
  });
  await channel.assertQueue(name);
  expect(await read({ destination: "" })).toMatchObject({ consumerCount: 0 });
  await opened[0]?.close();
  await expect
    .poll(async () => [(await read({ destination: "" }))?.consumerCount, opened.length], { timeout: 5_000 })
    .toEqual([0, 2]);
});

/** A new reader has no shared answers: it asks the broker anew. */
async function renew(
  old: EvidenceReader,
  change: Partial<Parameters<typeof createRabbitReader>[0]> = {},
): Promise<EvidenceReader> {
  await old.close();
  return createReader(change);
}

async function manage(method: string, path: string, body?: object): Promise<void> {
  const url = new URL(inject("managementUrl"));
  const credentials = Buffer.from(`${url.username}:${url.password}`).toString("base64");
  const reply = await fetch(`${url.origin}/api${path}`, {
    method,
    headers: { authorization: `Basic ${credentials}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(reply.ok).toBe(true);
}
