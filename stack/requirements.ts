import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { KafkaPrograms } from "./kafka.ts";
import { chooseKafkaVersion, findKafkaJars, kafkaFolder } from "./kafka-jars.ts";
import { type Environment, findProgram, isExecutable } from "./programs.ts";
import type { RabbitmqPrograms } from "./rabbitmq.ts";
import type { ServerName } from "./servers.ts";

/** What the servers are run with; a server that lacks something is absent. */
export interface Programs {
  readonly kafka?: KafkaPrograms;
  readonly rabbitmq?: RabbitmqPrograms;
  readonly redis?: string;
}

/** Something that a server needs and the machine has not. */
export interface Lack {
  readonly server: ServerName;
  /** What is missing, in words. */
  readonly what: string;
  /** The package of Debian that brings it; undefined for Kafka's jars, which Maven brings. */
  readonly debianPackage: string | undefined;
  /** The package of Homebrew that brings it. */
  readonly brewPackage: string | undefined;
  readonly aboutSeconds: number;
}

const rabbitmqScripts = [
  "/usr/lib/rabbitmq/bin/rabbitmq-server",
  "/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server",
  "/usr/local/opt/rabbitmq/sbin/rabbitmq-server",
];

/** Looks for the programs of these servers on the machine. */
export function findPrograms(servers: readonly ServerName[], environment: Environment): Programs {
  const kafka = servers.includes("kafka") ? findKafka(environment) : undefined;
  const rabbitmq = servers.includes("rabbitmq") ? findRabbitmq(environment) : undefined;
  const redis = servers.includes("redis") ? findProgram("redis-server", environment) : undefined;
  return {
    ...(kafka === undefined ? {} : { kafka }),
    ...(rabbitmq === undefined ? {} : { rabbitmq }),
    ...(redis === undefined ? {} : { redis }),
  };
}

/** Says what each of these servers lacks to be run, in the order in which it is to be got. */
export function findLacks(servers: readonly ServerName[], environment: Environment): readonly Lack[] {
  return servers.flatMap((server) => lackFinders[server](environment));
}

/** The Java to run brokers with: that of JAVA_HOME, else the one on the path. */
export function findJava(environment: Environment): string | undefined {
  const home = environment["JAVA_HOME"];
  const ofHome = home ? join(home, "bin", "java") : undefined;
  return ofHome !== undefined && isExecutable(ofHome) ? ofHome : findProgram("java", environment);
}

function findKafka(environment: Environment): KafkaPrograms | undefined {
  const java = findJava(environment);
  const jars = findKafkaJars(chooseKafkaVersion(environment), environment);
  return java === undefined || jars === undefined ? undefined : { java, jars };
}

function findKafkaLacks(environment: Environment): readonly Lack[] {
  const version = chooseKafkaVersion(environment);
  const lacks: Lack[] = [];
  if (findJava(environment) === undefined) {
    lacks.push(lack("kafka", "the program java (17 or later)", "default-jre-headless", "openjdk", 15));
  }
  if (findKafkaJars(version, environment) !== undefined) return lacks;
  if (findProgram("mvn", environment) === undefined) {
    lacks.push(lack("kafka", "the program mvn, which fetches Kafka's jars", "maven", "maven", 15));
  }
  const jars = `the jars of Kafka ${version} in ${kafkaFolder(version, environment)}`;
  return [...lacks, lack("kafka", jars, undefined, undefined, 15)];
}

function findRabbitmq(environment: Environment): RabbitmqPrograms | undefined {
  const epmd = findProgram("epmd", environment);
  const erlang = findProgram("erl", environment);
  const onPath = findProgram("rabbitmq-server", environment);
  // A script that has its settings beside it is the real one; Debian's on the path is a wrapper for the system's service.
  const beside = onPath !== undefined && existsSync(join(dirname(onPath), "rabbitmq-env")) ? onPath : undefined;
  const script = beside ?? rabbitmqScripts.find(isExecutable);
  return epmd === undefined || erlang === undefined || script === undefined ? undefined : { script, epmd };
}

function findRabbitmqLacks(environment: Environment): readonly Lack[] {
  if (findRabbitmq(environment) !== undefined) return [];
  return [lack("rabbitmq", "RabbitMQ's server and Erlang", "rabbitmq-server", "rabbitmq", 20)];
}

function findRedisLacks(environment: Environment): readonly Lack[] {
  if (findProgram("redis-server", environment) !== undefined) return [];
  return [lack("redis", "the program redis-server", "redis-server", "redis", 5)];
}

const lackFinders: Readonly<Record<ServerName, (environment: Environment) => readonly Lack[]>> = {
  kafka: findKafkaLacks,
  rabbitmq: findRabbitmqLacks,
  redis: findRedisLacks,
};

function lack(
  server: ServerName,
  what: string,
  debianPackage: string | undefined,
  brewPackage: string | undefined,
  aboutSeconds: number,
): Lack {
  return { server, what, debianPackage, brewPackage, aboutSeconds };
}
