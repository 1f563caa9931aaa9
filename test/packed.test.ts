import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect } from "amqplib";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, inject, test } from "vitest";

/**
 * What a user gets: tarballs, an application elsewhere, and the lines of the README. Nothing of this repository's
 * sources is in reach of it.
 */
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const published = ["core", "client", "store-redis", "kafkajs", "amqplib", "otel"];
const stampPattern = /^1\.[\w-]{11}\.[\w-]{8}\.1$/;
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "seqwatch-packed-"));
  execFileSync("tsc", ["-b", "tsconfig.build.json"], { cwd: root });
  const tarballs = published.map((name) => {
    const out = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], {
      cwd: join(root, "packages", name),
      encoding: "utf8",
    });
    return join(folder, out.trim());
  });
  const app = join(folder, "app");
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  const clients = ["kafkajs", "amqplib", "ioredis"].map((name) => `${name}@${versionOf(name)}`);
  execFileSync(
    "npm",
    ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error", ...tarballs, ...clients],
    {
      cwd: app,
    },
  );
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("an application outside the repository watches Kafka with the README's lines", async () => {
  const kafka = new Kafka({ brokers: [...inject("kafkaBrokers")], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: "orders", numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();
  runExample("kafka", `127.0.0.1:9092`, inject("kafkaBrokers")[0] ?? "");
  expect(await firstStampOf(kafka, "orders")).toMatch(stampPattern);
}, 120_000);

test("an application outside the repository watches RabbitMQ with the README's lines", async () => {
  const connection = await connect(inject("amqpUrl"));
  const channel = await connection.createChannel();
  await channel.assertExchange("payments", "direct", { durable: false, autoDelete: true });
  const { queue } = await channel.assertQueue("", { exclusive: true });
  await channel.bindQueue(queue, "payments", "card");
  runExample("rabbitmq", "amqp://127.0.0.1:5672", inject("amqpUrl"));
  const message = await channel.get(queue, { noAck: true });
  await connection.close();
  expect(message === false ? undefined : message.properties.headers?.["seqwatch"]).toMatch(stampPattern);
}, 120_000);

/** The lines as they stand in the README, with the test's own addresses; they must end the process by themselves. */
function runExample(name: string, address: string, actual: string): void {
  const lines = readFileSync(join(root, "examples", `${name}.ts`), "utf8")
    .replaceAll(address, actual)
    .replaceAll("redis://127.0.0.1:6379", inject("redisUrl"));
  const file = join(folder, "app", `${name}.ts`);
  writeFileSync(file, `${lines}\n${name === "kafka" ? "await producer.disconnect();" : "await connection.close();"}\n`);
  const nodeOptions = { ...process.env, NODE_OPTIONS: "" };
  execFileSync(process.execPath, [file], { cwd: join(folder, "app"), env: nodeOptions, timeout: 60_000 });
}

function versionOf(name: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "latest";
}

async function firstStampOf(kafka: Kafka, topic: string): Promise<string> {
  const consumer = kafka.consumer({ groupId: "packed" });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      consumer
        .run({ eachMessage: async ({ message }) => resolve(String(message.headers?.["seqwatch"])) })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
}
