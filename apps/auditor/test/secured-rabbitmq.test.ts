import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { connect } from "amqplib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findFreePorts } from "../../../stack/ports.ts";
import { type Stack, startStack } from "../../../stack/stack.ts";
import { completeSettings } from "../src/config.ts";
import { createReaders } from "../src/readers.ts";
import { type Certificates, makeCertificates } from "./certificates.ts";

let certificates: Certificates;
let stack: Stack<"rabbitmq">;
let amqps = 0;
let https = 0;

beforeAll(async () => {
  certificates = makeCertificates();
  [amqps = 0, https = 0] = await findFreePorts(2);
  const files = (place: string) => [
    `${place}.cacertfile = ${certificates.ca}`,
    `${place}.certfile = ${certificates.cert}`,
    `${place}.keyfile = ${certificates.key}`,
  ];
  stack = await startStack({
    servers: ["rabbitmq"],
    environment: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SEQWATCH_AMQP"))),
    rabbitmq: {
      configuration: [
        `listeners.ssl.1 = 127.0.0.1:${amqps}`,
        ...files("ssl_options"),
        "management.ssl.ip = 127.0.0.1",
        `management.ssl.port = ${https}`,
        ...files("management.ssl"),
      ],
    },
  });
}, 180_000);

afterAll(async () => {
  await stack.stop();
  rmSync(certificates.folder, { recursive: true });
});

async function read(queue: string, change: object = {}) {
  const warnings: string[] = [];
  const settings = completeSettings({
    amqpUrl: `amqps://guest:guest@127.0.0.1:${amqps}`,
    amqpManagementUrl: `https://guest:guest@127.0.0.1:${https}`,
    tlsCa: certificates.ca,
    ...change,
  });
  const readers = createReaders({
    settings,
    livingSigns: async () => [],
    warn: (code, text) => warnings.push(`${code} ${text}`),
  });
  const connection = await connect(stack.amqp.url);
  const cluster = `${String(connection.connection.serverProperties["cluster_name"])}//`;
  const channel = await connection.createChannel();
  await channel.assertQueue(queue);
  const lane = { system: "rabbitmq", cluster, destination: "", partition: queue } as const;
  const reading = await readers.readerOf(lane)?.readQueue?.(lane, queue, () => performance.now());
  await readers.close();
  await channel.deleteQueue(queue);
  await connection.close();
  return { reading, warnings };
}

test("a queue is read by AMQPS and HTTPS, where the authority is one that the settings name", async () => {
  const { reading, warnings } = await read(`evidence-${randomUUID()}`);
  expect(reading).toMatchObject({ exists: true, bound: true, consumerCount: 0 });
  expect(warnings).toEqual([]);
});

test("an authority that nobody named is trusted by neither, and that is said", async () => {
  const { reading, warnings } = await read(`evidence-${randomUUID()}`, { tlsCa: undefined });
  expect(reading).toBeUndefined();
  expect(warnings.join("\n")).toMatch(/MANAGEMENT_UNREADABLE .*(certificate|self-signed)/);
});
