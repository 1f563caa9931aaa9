import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { createMemoryStore, type Lane } from "@seqwatch/core";
import { clientOf, watchKafka } from "@seqwatch/kafkajs";
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Admin,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} from "kafkajs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { findFreePorts } from "../../../stack/ports.ts";
import { type Stack, startStack } from "../../../stack/stack.ts";
import { completeSettings, type GivenSettings } from "../src/config.ts";
import { createKafkaEvidence } from "../src/evidence/kafka.ts";
import { readTrust } from "../src/evidence/trust.ts";
import { type Certificates, makeCertificates } from "./certificates.ts";

const password = randomUUID();
const group = `readers-${randomUUID()}`;
let certificates: Certificates;
let stack: Stack<"kafka">;
let admin: Admin;
let [sasl, tls, both]: readonly (number | undefined)[] = [];
let warnings: string[] = [];

/** One broker with a plain listener for the test itself, whose user may all, and three that the auditor may use. */
beforeAll(async () => {
  certificates = makeCertificates();
  [sasl, tls, both] = await findFreePorts(3);
  const listeners = { SASL: sasl, TLS: tls, BOTH: both };
  const jaas = `org.apache.kafka.common.security.plain.PlainLoginModule required user_auditor="${password}";`;
  stack = await startStack({
    servers: ["kafka"],
    environment: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SEQWATCH_KAFKA"))),
    kafka: {
      brokers: 1,
      properties: ({ port, controllerPort }) => ({
        listeners: [
          `PLAINTEXT://127.0.0.1:${port}`,
          `CONTROLLER://127.0.0.1:${controllerPort}`,
          ...Object.entries(listeners).map(([name, own]) => `${name}://127.0.0.1:${own}`),
        ].join(","),
        "advertised.listeners": [
          `PLAINTEXT://127.0.0.1:${port}`,
          ...Object.entries(listeners).map(([name, own]) => `${name}://127.0.0.1:${own}`),
        ].join(","),
        "listener.security.protocol.map":
          "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,BOTH:SASL_SSL",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl.plain.sasl.jaas.config": jaas,
        "listener.name.both.plain.sasl.jaas.config": jaas,
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": certificates.keyStore,
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": certificates.ca,
        "listener.name.tls.ssl.client.auth": "requested",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        // Whoever shows no certificate, and the one that does.
        "super.users": "User:ANONYMOUS;User:CN=localhost",
      }),
    },
  });
  admin = new Kafka({ brokers: [...stack.kafka.brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
}, 180_000);

afterAll(async () => {
  await admin.disconnect();
  await stack.stop();
  rmSync(certificates.folder, { recursive: true });
});

const address = (port: number | undefined): string[] => [`127.0.0.1:${port}`];
const credentials = { kafkaSaslMechanism: "plain", kafkaUsername: "auditor", kafkaPassword: password };

function createEvidence(given: GivenSettings) {
  const settings = completeSettings(given);
  warnings = [];
  const warn = (code: string, text: string) => warnings.push(`${code} ${text}`);
  return createKafkaEvidence({ settings, trust: readTrust(settings), livingSigns: async () => [], warn });
}

/** A topic of three records, as a lane. */
async function laneWithRecords(): Promise<Lane> {
  const topic = `evidence-${randomUUID()}`;
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  const producer = new Kafka({ brokers: [...stack.kafka.brokers], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value: "a" }, { value: "b" }, { value: "c" }] });
  await producer.disconnect();
  const { clusterId } = await admin.describeCluster();
  return { system: "kafka", cluster: clusterId, destination: topic, partition: "0" };
}

async function read(given: GivenSettings, lane: Lane, groups: readonly string[] = []) {
  const evidence = createEvidence(given);
  const reading = await evidence?.readLog?.(lane, [{ first: 0, last: 2 }], groups, () => performance.now());
  await evidence?.close();
  return reading;
}

/** Gives the auditor's user one right on one thing. */
async function allow(
  operation: AclOperationTypes,
  resourceType: AclResourceTypes,
  resourceName: string,
): Promise<void> {
  await admin.createAcls({
    acl: [
      {
        principal: "User:auditor",
        host: "*",
        permissionType: AclPermissionTypes.ALLOW,
        resourcePatternType: ResourcePatternTypes.LITERAL,
        resourceType,
        resourceName,
        operation,
      },
    ],
  });
}

/** The rights of a level of evidence, as SECURITY.md has them for people to copy: operation and kind of thing. */
function rightsOf(level: "offsets" | "records"): readonly (readonly [AclOperationTypes, "topic" | "group"])[] {
  const security = readFileSync(new URL("../../../SECURITY.md", import.meta.url), "utf8");
  const [, block = ""] = security.split(`SEQWATCH_EVIDENCE=${level}\n`);
  const lines = block.split("\n");
  const commands = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith("kafka-acls.sh")),
  );
  return commands.flatMap((command) => {
    const kind = command.includes("--topic") ? "topic" : "group";
    return [...command.matchAll(/--operation (\w+)/g)].map(([, word = ""]) => [operationOf(word), kind] as const);
  });
}

function operationOf(word: string): AclOperationTypes {
  const operation = {
    Describe: AclOperationTypes.DESCRIBE,
    DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
    Read: AclOperationTypes.READ,
  }[word];
  if (operation === undefined) throw new Error(`SECURITY.md names ${word}.`);
  return operation;
}

async function allowLevel(level: "offsets" | "records", lane: Lane, groupId: string): Promise<void> {
  for (const [operation, kind] of rightsOf(level)) {
    if (kind === "topic") await allow(operation, AclResourceTypes.TOPIC, lane.destination);
    else await allow(operation, AclResourceTypes.GROUP, groupId);
  }
}

const whole = { logStart: 0, logEnd: 3, extracts: [{ first: 0, last: 2 }] };

test("a log is read by TLS, where the authority is one that the settings name", async () => {
  const lane = await laneWithRecords();
  const given = { kafkaBrokers: address(tls), kafkaTls: true };
  expect(await read({ ...given, tlsCa: certificates.ca }, lane)).toMatchObject(whole);
  expect(await read(given, lane)).toBeUndefined();
  expect(warnings.join("\n")).toMatch(/LOG_READ_FAILED .*certificate/);
});

test("the auditor shows a certificate of its own where it has one", async () => {
  const lane = await laneWithRecords();
  const own = { kafkaTlsCert: certificates.cert, kafkaTlsKey: certificates.key };
  expect(
    await read({ kafkaBrokers: address(tls), kafkaTls: true, tlsCa: certificates.ca, ...own }, lane),
  ).toMatchObject(whole);
});

test("a log is read by SASL, with TLS beneath it and without, and a wrong password is told as that", async () => {
  const lane = await laneWithRecords();
  for (const operation of [AclOperationTypes.READ, AclOperationTypes.DESCRIBE_CONFIGS])
    await allow(operation, AclResourceTypes.TOPIC, lane.destination);
  expect(await read({ kafkaBrokers: address(sasl), ...credentials }, lane)).toMatchObject(whole);
  const secured = { kafkaBrokers: address(both), kafkaTls: true, tlsCa: certificates.ca, ...credentials };
  expect(await read(secured, lane)).toMatchObject({ ...whole, compacted: false });
  expect(await read({ ...secured, kafkaPassword: "wrong" }, lane)).toBeUndefined();
  expect(warnings.join("\n")).toMatch(/LOG_READ_FAILED .*[Aa]uthentication/);
});

test("each right that is missing leaves out what it guards, and no more; what the reader needs is said", async () => {
  const lane = await laneWithRecords();
  const bySasl = { kafkaBrokers: address(sasl), ...credentials };
  const grant = (operation: AclOperationTypes) => allow(operation, AclResourceTypes.TOPIC, lane.destination);

  expect(await read(bySasl, lane)).toBeUndefined();
  expect(warnings.join("\n")).toContain("DESCRIBE, DESCRIBE_CONFIGS and READ on the topic");

  await grant(AclOperationTypes.DESCRIBE);
  // The leader's own end needs no more than that; records are refused, and whether it is compacted is not known.
  const described = await read(bySasl, lane);
  expect(described).toMatchObject({ logStart: 0, logEnd: 3, highWatermark: 3, extracts: [], recordsUnread: true });
  expect(described?.kind === "kafka" ? described.compacted : "nothing").toBeUndefined();

  await grant(AclOperationTypes.DESCRIBE_CONFIGS);
  expect(await read(bySasl, lane)).toMatchObject({ compacted: false, recordsUnread: true });

  await grant(AclOperationTypes.READ);
  const full = await read(bySasl, lane);
  expect(full).toMatchObject({ ...whole, compacted: false });
  expect(full).not.toHaveProperty("recordsUnread");

  // A group that cannot be read may have members that nobody knows: without it there is no evidence at all.
  expect(await read(bySasl, lane, [group])).toBeUndefined();
  expect(warnings.join("\n")).toContain("DESCRIBE on the group");
  await allow(AclOperationTypes.DESCRIBE, AclResourceTypes.GROUP, group);
  expect(await read(bySasl, lane, [group])).toMatchObject({ ...whole, groups: new Map([[group, expect.anything()]]) });
  // Reading leaves nothing behind.
  expect((await admin.listGroups()).groups).toEqual([]);
});

test("each level of evidence is read with just the rights that SECURITY.md gives for it", async () => {
  const lane = await laneWithRecords();
  const groupId = `readers-${randomUUID()}`;
  const bySasl = { kafkaBrokers: address(sasl), ...credentials };
  const groups = new Map([[groupId, expect.anything()]]);

  await allowLevel("offsets", lane, groupId);
  expect(await read({ ...bySasl, evidence: "offsets" }, lane, [groupId])).toMatchObject({
    logStart: 0,
    logEnd: 3,
    compacted: false,
    groups,
  });
  expect(warnings).toEqual([]);
  expect(await read(bySasl, lane, [groupId])).toMatchObject({ recordsUnread: true });

  await allowLevel("records", lane, groupId);
  expect(await read(bySasl, lane, [groupId])).toMatchObject({ ...whole, compacted: false, groups });
  expect(warnings).toEqual([]);
});

test("an application needs no more rights watched than bare: Write, or Read of the topic and the group", async () => {
  const lane = await laneWithRecords();
  const groupId = `application-${randomUUID()}`;
  for (const operation of [AclOperationTypes.WRITE, AclOperationTypes.READ])
    await allow(operation, AclResourceTypes.TOPIC, lane.destination);
  await allow(AclOperationTypes.READ, AclResourceTypes.GROUP, groupId);
  const plainSasl = { mechanism: "plain", username: "auditor", password } as const;
  const notices: string[] = [];
  const observer = { finding: () => {}, notice: (notice: object) => void notices.push(JSON.stringify(notice)) };
  const kafka = watchKafka(new Kafka({ brokers: address(sasl), sasl: plainSasl, logLevel: logLevel.NOTHING }), {
    service: "application",
    observer,
    store: createMemoryStore(),
  });
  const client = clientOf(kafka);
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  await producer.send({ topic: lane.destination, messages: [{ value: "d" }] });
  const consumer = kafka.consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topic: lane.destination, fromBeginning: true });
  await consumer.run({ eachMessage: async () => {} });
  await vi.waitFor(
    async () => {
      await client?.flush();
      const record = await client?.store.readLane(lane);
      expect([...(record?.ledgers.values() ?? [])]).toMatchObject([{ acked: [1, 1] }]);
      expect(record?.groups.get(groupId)?.done.get(0)?.handled).toEqual([0, 3]);
    },
    { timeout: 30_000, interval: 200 },
  );
  await producer.disconnect();
  await consumer.disconnect();
  await client?.close();
  expect(notices).toEqual([]);
});
