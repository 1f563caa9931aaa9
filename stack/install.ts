import { canInstallPackages, installPackages, packageVersion } from "./apt.ts";
import { StackError } from "./errors.ts";
import { chooseKafkaVersion, installKafkaJars, kafkaFolder } from "./kafka-jars.ts";
import { type Environment, findProgram } from "./programs.ts";
import { findJava, findLacks, findPrograms, type Lack, type Programs } from "./requirements.ts";
import type { ServerName } from "./servers.ts";

/** Takes one line about something that takes its time. */
export type Announce = (line: string) => void;

/**
 * Finds the programs of these servers, and installs first what is missing, where that needs no question and
 * SEQWATCH_INSTALL is not "never". A server whose programs are still missing afterwards is absent from the reply.
 */
export async function providePrograms(
  servers: readonly ServerName[],
  environment: Environment,
  announce: Announce,
): Promise<Programs> {
  if (mayInstall(environment)) {
    await installMissingPackages(findLacks(servers, environment), environment, announce);
    if (servers.includes("kafka")) await installMissingJars(environment, announce);
  }
  return findPrograms(servers, environment);
}

/** False when SEQWATCH_INSTALL=never forbids to install anything. */
export function mayInstall(environment: Environment): boolean {
  return environment["SEQWATCH_INSTALL"] !== "never";
}

/** The one error about all that is missing: each thing, and the command that gets it. */
export function createMissingError(lacks: readonly Lack[], environment: Environment): StackError {
  const names = [...new Set(lacks.map(({ server }) => server))].join(", ");
  const things = lacks.map(({ server, what }) => `  ${server}: ${what}`).join("\n");
  const reason = mayInstall(environment) ? "" : " (SEQWATCH_INSTALL=never forbids to install it)";
  return new StackError(
    "STACK_PROGRAM_MISSING",
    `This machine lacks what ${names} needs${reason}:\n${things}\nGet it with:\n${toCommands(lacks)
      .map((command) => `  ${command}`)
      .join("\n")}\nOr name servers of your own: SEQWATCH_KAFKA_BROKERS, SEQWATCH_AMQP_URL, SEQWATCH_REDIS_URL.`,
  );
}

function toCommands(lacks: readonly Lack[]): readonly string[] {
  const isMac = process.platform === "darwin";
  const packages = unique(lacks.map(({ debianPackage, brewPackage }) => (isMac ? brewPackage : debianPackage)));
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  const install = isMac ? "brew install" : `${sudo}apt-get install -y --no-install-recommends`;
  const jars = lacks.some(({ debianPackage }) => debianPackage === undefined);
  return [
    ...(packages.length > 0 ? [`${install} ${packages.join(" ")}`] : []),
    ...(jars ? ["SEQWATCH_INSTALL= npm run stack -- up kafka"] : []),
  ];
}

async function installMissingPackages(
  lacks: readonly Lack[],
  environment: Environment,
  announce: Announce,
): Promise<void> {
  const packages = unique(lacks.map(({ debianPackage }) => debianPackage));
  if (packages.length === 0 || !canInstallPackages(environment)) return;
  const seconds = lacks.reduce((sum, { aboutSeconds }) => sum + aboutSeconds, 10);
  announce(`Installing ${packages.join(", ")} with apt-get, their services off (about ${seconds} s)…`);
  await installPackages(packages, environment);
  for (const name of packages) announce(`Installed ${name} ${await packageVersion(name, environment)} in /usr.`);
}

async function installMissingJars(environment: Environment, announce: Announce): Promise<void> {
  const version = chooseKafkaVersion(environment);
  const java = findJava(environment);
  const maven = findProgram("mvn", environment);
  const isMissing = findLacks(["kafka"], environment).length > 0;
  if (!isMissing || java === undefined || maven === undefined) return;
  announce(`Fetching Kafka ${version} with Maven into ${kafkaFolder(version, environment)} (43 MB, about 15 s)…`);
  await installKafkaJars(version, { java, maven }, environment);
}

function unique(names: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(names.filter((name) => name !== undefined))];
}
