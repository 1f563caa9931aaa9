import { fileURLToPath } from "node:url";
import { StackError } from "./errors.ts";
import { type Environment, findProgram } from "./programs.ts";
import { lastLines, run } from "./run.ts";
import type { ServerName } from "./servers.ts";

const composeFile = fileURLToPath(new URL("../compose.yaml", import.meta.url));

const composeServices: Readonly<Record<ServerName, readonly string[]>> = {
  kafka: ["kafka-1", "kafka-2", "kafka-3"],
  rabbitmq: ["rabbitmq"],
  redis: ["redis"],
};

/** True when a Docker engine answers and its client has the compose command. */
export async function isComposeUsable(environment: Environment): Promise<boolean> {
  if (findProgram("docker", environment) === undefined) return false;
  const results = await Promise.all([
    run("docker", ["compose", "version"], environment),
    run("docker", ["info"], environment),
  ]);
  return results.every(({ exitCode }) => exitCode === 0);
}

/** Starts the containers of these servers, in a project of the stack's own, on the ports that `ports` names. */
export async function startContainers(
  stackId: string,
  servers: readonly ServerName[],
  ports: Readonly<Record<string, string>>,
  environment: Environment,
): Promise<void> {
  const services = servers.flatMap((server) => composeServices[server]);
  await compose(stackId, ["up", "--detach", ...services], { ...environment, ...ports });
}

/** Runs one verb of compose on one container: kill, start, pause, unpause. */
export async function controlContainer(
  stackId: string,
  verb: readonly string[],
  service: string,
  environment: Environment,
): Promise<void> {
  await compose(stackId, [...verb, service], environment);
}

/** Removes the containers of these servers with their data; the network too when `rest`, those that stay, is empty. */
export async function takeComposeDown(
  stackId: string,
  servers: readonly ServerName[],
  rest: readonly ServerName[] = [],
): Promise<void> {
  if (servers.length === 0) return;
  const services = servers.flatMap((server) => composeServices[server]);
  const verb =
    rest.length === 0 ? ["down", "--volumes", "--timeout", "0"] : ["rm", "--stop", "--force", "--volumes", ...services];
  await compose(stackId, verb, process.env);
}

async function compose(stackId: string, verb: readonly string[], environment: Environment): Promise<void> {
  const args = ["compose", "--project-name", `seqwatch-${stackId}`, "--file", composeFile, ...verb];
  const result = await run("docker", args, environment);
  if (result.exitCode === 0) return;
  throw new StackError(
    "STACK_START_FAILED",
    `"docker compose ${verb.join(" ")}" ended with code ${result.exitCode}. Its last lines:\n${lastLines(result.output)}`,
  );
}
