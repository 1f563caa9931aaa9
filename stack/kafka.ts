import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StackError } from "./errors.ts";
import type { KafkaJars } from "./kafka-jars.ts";
import { readLivingBrokers } from "./kafka-probe.ts";
import { type BrokerPorts, type BrokerProperties, formatProperties, toBrokerProperties } from "./kafka-properties.ts";
import { findFreePorts, loopback } from "./ports.ts";
import type { ServerControls } from "./server-process.ts";
import type { ServerSite } from "./site.ts";
import { waitUntil } from "./wait.ts";

/** One broker of the cluster, and how to trouble it. */
export interface KafkaBroker extends ServerControls {
  readonly nodeId: number;
  /** host:port for clients. */
  readonly address: string;
}

/** A Kafka cluster a stack has: where it is and, if the stack started it, each of its brokers. */
export interface KafkaServer {
  /** host:port of each broker, as Kafka clients take them. */
  readonly brokers: string[];
  /** Empty when the cluster is not the stack's own. */
  readonly nodes: readonly KafkaBroker[];
}

/** How Kafka is to differ from the defaults. */
export interface KafkaOptions {
  /** 3 unless told otherwise. Each is a controller as well, so that two of three must live. */
  readonly brokers?: number;
  /** More properties for each broker, or other values, e.g. `{ "unclean.leader.election.enable": true }`. A function knows the broker's ports. */
  readonly properties?: BrokerProperties | ((self: BrokerPorts) => BrokerProperties);
}

/** What a started cluster is made from. */
export interface KafkaPrograms {
  readonly java: string;
  readonly jars: KafkaJars;
}

const registrationLimitMs = 60_000;

/** Starts a cluster and waits until each broker knows all of them. */
export async function startKafka(
  site: ServerSite,
  programs: KafkaPrograms,
  options: KafkaOptions,
): Promise<KafkaServer> {
  const all = await chooseBrokerPorts(options.brokers ?? 3);
  const clusterId = randomBytes(16).toString("base64url");
  const nodes = all.map((self) => {
    const dataDir = brokerFolder(site, self);
    const wished = typeof options.properties === "function" ? options.properties(self) : options.properties;
    const properties = toBrokerProperties(self, all, dataDir, wished ?? {});
    formatDataFolder(dataDir, { nodeId: self.nodeId, clusterId, bootstrapFile: programs.jars.bootstrapFile });
    writeFileSync(`${dataDir}.properties`, formatProperties(properties));
    return createBroker(site, programs, self);
  });
  await Promise.all(nodes.map((node) => node.start()));
  await waitForRegistration(all, nodes);
  return { brokers: nodes.map(({ address }) => address), nodes };
}

async function chooseBrokerPorts(count: number): Promise<readonly BrokerPorts[]> {
  if (!Number.isInteger(count) || count < 1 || count > 9) {
    throw new StackError("STACK_BAD_INPUT", `kafka.brokers is ${count}. Give a whole number from 1 to 9.`);
  }
  const ports = await findFreePorts(2 * count);
  return Array.from({ length: count }, (_, index) => ({
    nodeId: index + 1,
    port: ports[2 * index] ?? 0,
    controllerPort: ports[2 * index + 1] ?? 0,
  }));
}

function brokerFolder(site: ServerSite, { nodeId }: BrokerPorts): string {
  return join(site.folder, "kafka", `broker-${nodeId}`);
}

/** Does what `StorageTool format` does: everything but these two files is made by the broker. */
function formatDataFolder(
  dataDir: string,
  identity: { readonly nodeId: number; readonly clusterId: string; readonly bootstrapFile: string },
): void {
  mkdirSync(dataDir, { recursive: true });
  copyFileSync(identity.bootstrapFile, join(dataDir, "bootstrap.checkpoint"));
  const directoryId = randomBytes(16).toString("base64url");
  const lines = [
    "version=1",
    `cluster.id=${identity.clusterId}`,
    `node.id=${identity.nodeId}`,
    `directory.id=${directoryId}`,
  ];
  writeFileSync(join(dataDir, "meta.properties"), `${lines.join("\n")}\n`);
}

function createBroker(site: ServerSite, { java, jars }: KafkaPrograms, { nodeId, port }: BrokerPorts): KafkaBroker {
  const dataDir = brokerFolder(site, { nodeId, port, controllerPort: 0 });
  const controls = site.createProcess({
    server: "kafka",
    name: `kafka-${nodeId}`,
    program: java,
    args: [...javaArguments(site.folder), "-cp", jars.classPath, "kafka.Kafka", `${dataDir}.properties`],
    environment: {},
    dataDir,
    logFile: `${dataDir}.log`,
    isReady: async () => (await readLivingBrokers(port))?.includes(nodeId) ?? false,
  });
  return Object.assign(controls, { nodeId, address: `${loopback}:${port}` });
}

function javaArguments(folder: string): readonly string[] {
  return [
    "-Xmx384m",
    "-XX:+UseSerialGC",
    // A broker here lives for minutes: the second compiler would cost more than it saves.
    "-XX:TieredStopAtLevel=1",
    // Else each Java machine that is killed leaves a file among the system's temporary ones.
    "-XX:-UsePerfData",
    `-Djava.io.tmpdir=${folder}`,
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
    // Hundreds of lines of settings at each start would bury what matters.
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn",
  ];
}

async function waitForRegistration(all: readonly BrokerPorts[], nodes: readonly KafkaBroker[]): Promise<void> {
  const known = async () => {
    const answers = await Promise.all(all.map(({ port }) => readLivingBrokers(port)));
    return answers.every((nodeIds) => nodeIds?.length === all.length);
  };
  if (await waitUntil(known, { limitMs: registrationLimitMs, everyMs: 50 })) return;
  throw new StackError(
    "STACK_START_FAILED",
    `Not all of ${nodes.map(({ name }) => name).join(", ")} knew each other within ${registrationLimitMs / 1000} s. ` +
      `Their logs are ${nodes.map(({ logFile }) => logFile).join(", ")}.`,
  );
}
