import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder } from "./cache.ts";
import { StackError } from "./errors.ts";
import type { Environment } from "./programs.ts";
import { lastLines, run } from "./run.ts";

/** A Kafka that can be started: its jars, and the first metadata that its own tool wrote into a new data folder. */
export interface KafkaJars {
  readonly version: string;
  readonly classPath: string;
  /** Says which features a new cluster has. It names neither node nor cluster, so that every new folder gets a copy. */
  readonly bootstrapFile: string;
}

const defaultVersion = "4.3.1";

/** The version asked for by SEQWATCH_STACK_KAFKA, else the default. */
export function chooseKafkaVersion(environment: Environment): string {
  const version = environment["SEQWATCH_STACK_KAFKA"] || defaultVersion;
  if (/^\d+\.\d+\.\d+$/.test(version)) return version;
  throw new StackError(
    "STACK_BAD_INPUT",
    `SEQWATCH_STACK_KAFKA is "${version}". Give a version such as ${defaultVersion}.`,
  );
}

/** Where the jars of a version are or will be. */
export function kafkaFolder(version: string, environment: Environment): string {
  return join(cacheFolder(environment), `kafka-${version}`);
}

/** The jars of a version that this user already has; undefined when they must be fetched. */
export function findKafkaJars(version: string, environment: Environment): KafkaJars | undefined {
  const folder = kafkaFolder(version, environment);
  return existsSync(folder) ? toKafkaJars(version, folder) : undefined;
}

/** Fetches the jars of a version with Maven into the user's cache. Two that fetch at once do not disturb each other. */
export async function installKafkaJars(
  version: string,
  programs: { readonly java: string; readonly maven: string },
  environment: Environment,
): Promise<KafkaJars> {
  const folder = kafkaFolder(version, environment);
  mkdirSync(dirname(folder), { recursive: true });
  const draft = mkdtempSync(`${folder}.`);
  try {
    await copyJars(version, programs.maven, draft, environment);
    await formatOnce(version, programs.java, draft, environment);
    moveInto(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return toKafkaJars(version, folder);
}

function toKafkaJars(version: string, folder: string): KafkaJars {
  return {
    version,
    classPath: join(folder, "libs", "*"),
    bootstrapFile: join(folder, "formatted", "bootstrap.checkpoint"),
  };
}

async function copyJars(version: string, maven: string, draft: string, environment: Environment): Promise<void> {
  const pom = join(draft, "pom.xml");
  writeFileSync(pom, toPom(version));
  const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${join(draft, "libs")}`];
  const result = await run(maven, ["-q", "-B", "-f", pom, ...goal], environment);
  if (result.exitCode === 0) return;
  throw new StackError(
    "STACK_INSTALL_FAILED",
    `Could not fetch Kafka ${version}: Maven ended with code ${result.exitCode}. Check that it can reach its ` +
      `repository, or set SEQWATCH_KAFKA_BROKERS to brokers of your own.\n${lastLines(result.output)}`,
  );
}

/**
 * Formats one folder when Kafka is fetched. A stack then copies what is the same in every folder, and need not start
 * one more Java machine a broker.
 */
async function formatOnce(version: string, java: string, draft: string, environment: Environment): Promise<void> {
  const properties = join(draft, "format.properties");
  const lines = [
    "process.roles=broker,controller",
    "node.id=1",
    "controller.quorum.voters=1@127.0.0.1:19093",
    "listeners=PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093",
    "controller.listener.names=CONTROLLER",
    `log.dirs=${join(draft, "formatted")}`,
  ];
  writeFileSync(properties, lines.join("\n"));
  const tool = ["kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", properties];
  const result = await run(java, ["-cp", join(draft, "libs", "*"), ...tool], environment);
  if (result.exitCode === 0) return;
  throw new StackError(
    "STACK_INSTALL_FAILED",
    `Could not format a data folder with Kafka ${version}. Kafka 4 needs Java 17 or later; this is ${java}.\n` +
      lastLines(result.output),
  );
}

/** Renames the finished draft into place. When another process was quicker, its copy is as good. */
function moveInto(draft: string, folder: string): void {
  try {
    renameSync(draft, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

/** Kafka's own dependencies hold no log binding, without which a broker that fails says nothing at all. */
function toPom(version: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>seqwatch</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
`;
}
