import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
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

/** The one command of SECURITY.md that begins like this, behind its beginning. */
function commandOf(beginning: string): readonly string[] {
  const security = readFileSync(new URL("../../../SECURITY.md", import.meta.url), "utf8");
  const line = security.split("\n").find((text) => text.startsWith(beginning));
  if (line === undefined) throw new Error(`SECURITY.md has no line ${beginning}`);
  return line.slice(beginning.length).trim().replaceAll("'", "").split(" ");
}

/** What the commands for the auditor's user do, by the management API. */
async function createAuditor(): Promise<string> {
  const [user = "", password = ""] = commandOf("rabbitmqctl add_user");
  const [, ...tags] = commandOf("rabbitmqctl set_user_tags");
  const [, , , configure = "", write = "", readable = ""] = commandOf("rabbitmqctl set_permissions");
  const put = async (path: string, body: object): Promise<void> => {
    const url = new URL(`/api/${path}`, stack.amqp.managementUrl);
    const headers = { "content-type": "application/json", authorization: `Basic ${btoa("guest:guest")}` };
    const { ok, status } = await fetch(new URL(url.pathname, url.origin), {
      method: "PUT",
      headers,
      body: JSON.stringify(body),
    });
    if (!ok) throw new Error(`${path}: ${status}`);
  };
  await put(`users/${user}`, { password, tags: tags.join(",") });
  await put(`permissions/%2F/${user}`, { configure, write, read: readable });
  return `${user}:${password}`;
}

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

test("an auditor reads with just the rights that SECURITY.md gives it, and can change nothing with them", async () => {
  const account = await createAuditor();
  const { reading, warnings } = await read(`evidence-${randomUUID()}`, {
    amqpUrl: `amqps://${account}@127.0.0.1:${amqps}`,
    amqpManagementUrl: `https://${account}@127.0.0.1:${https}`,
  });
  expect(reading).toMatchObject({ exists: true, bound: true, provable: true, consumerCount: 0 });
  expect(warnings).toEqual([]);

  const url = new URL(stack.amqp.url);
  const connection = await connect(`amqp://${account}@${url.host}`);
  const refused = async (
    change: (channel: Awaited<ReturnType<typeof connection.createChannel>>) => Promise<unknown>,
  ) => {
    const channel = await connection.createChannel();
    channel.on("error", () => {});
    await expect(change(channel)).rejects.toThrow("ACCESS_REFUSED");
  };
  await refused((channel) => channel.assertQueue(`forbidden-${randomUUID()}`));
  await refused((channel) => channel.assertExchange(`forbidden-${randomUUID()}`, "direct"));
  await refused((channel) => channel.deleteQueue("anything"));
  await connection.close();
});
