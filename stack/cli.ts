// npm run stack -- up|down|status [kafka rabbitmq redis] [--nodes N] [--json] [--folder DIR]
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { StackError } from "./errors.ts";
import { isServerName, parseServerNames, type ServerName, serverNames } from "./servers.ts";
import { startStack } from "./stack.ts";
import { readState, type ServerUrls } from "./state.ts";
import { describeServers, type ServerStatus } from "./status.ts";
import { takeDown } from "./takedown.ts";

const usage = `Usage: npm run stack -- up|down|status [kafka rabbitmq redis] [--nodes N] [--json] [--folder DIR]

  up      starts local servers (all three, or those named) that live on until they are taken down
  down    ends them and removes all they wrote
  status  says which servers live, and where; ends with code 1 unless all of them do

  --nodes N     up: RabbitMQ as a cluster of so many nodes (default 1)
  --json        JSON lines instead of text
  --folder DIR  where the servers write; a second folder is a second stack (default .seqwatch/stack)`;

interface Command {
  readonly verb: "up" | "down" | "status";
  readonly servers: readonly ServerName[];
  readonly folder: string;
  readonly json: boolean;
  readonly nodes: number;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  try {
    const command = parseCommand(args);
    if (command === undefined) {
      console.log(usage);
      return 0;
    }
    if (command.verb === "up") return await up(command);
    return await (command.verb === "down" ? down(command) : status(command));
  } catch (error) {
    if (!(error instanceof StackError)) throw error;
    console.error(error.message);
    return 1;
  }
}

async function up({ servers, folder, json, nodes }: Command): Promise<number> {
  const startedAtMs = performance.now();
  const stack = await startStack({ servers, folder, rabbitmq: { nodes } });
  await stack.release();
  const seconds = Number(((performance.now() - startedAtMs) / 1_000).toFixed(1));
  if (json) printJson({ kind: "summary", folder: stack.folder, seconds, environment: stack.environment });
  else {
    printVariables(stack.environment);
    console.error(`Up in ${seconds} s, in ${stack.folder ?? "no folder: all were named by the environment"}.`);
  }
  return 0;
}

async function down({ servers, folder, json }: Command): Promise<number> {
  const ended = await takeDown(folder, servers);
  if (json) printJson({ kind: "summary", folder, ended });
  else console.error(ended.length === 0 ? `Nothing runs in ${folder}.` : `Ended ${ended.join(", ")} in ${folder}.`);
  return 0;
}

async function status({ servers, folder, json }: Command): Promise<number> {
  const state = readState(folder);
  const found = (state === undefined ? [] : describeServers(state)).filter(({ name }) => servers.includes(name));
  for (const server of found) {
    if (json) printJson({ kind: "server", ...server });
    else printServer(server);
  }
  const running = found.filter((server) => server.state === "running").length;
  if (json) printJson({ kind: "summary", folder, servers: found.length, running });
  else if (found.length === 0) console.error(`Nothing runs in ${folder}. Start it with: npm run stack -- up`);
  return found.length > 0 && running === found.length ? 0 : 1;
}

function parseCommand(args: readonly string[]): Command | undefined {
  const { values, positionals } = parseOptions(args);
  const [verb, ...names] = positionals;
  if (values.help || verb === undefined) return undefined;
  if (verb !== "up" && verb !== "down" && verb !== "status") {
    const hint = isServerName(verb) ? ` Did you mean: up ${verb}?` : "";
    throw new StackError("STACK_BAD_INPUT", `There is no command "${verb}".${hint}\n\n${usage}`);
  }
  return {
    verb,
    servers: names.length === 0 ? serverNames : parseServerNames(names),
    folder: resolve(values.folder ?? defaultFolder()),
    json: values.json ?? false,
    nodes: parseNodes(values.nodes),
  };
}

function parseOptions(args: readonly string[]) {
  const options = {
    json: { type: "boolean" },
    folder: { type: "string" },
    nodes: { type: "string" },
    help: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StackError("STACK_BAD_INPUT", `${reason}\n\n${usage}`, { cause: error });
  }
}

function parseNodes(text: string | undefined): number {
  if (text === undefined) return 1;
  if (/^[1-9]$/.test(text)) return Number(text);
  throw new StackError("STACK_BAD_INPUT", `--nodes is "${text}". Give a whole number from 1 to 9.`);
}

function defaultFolder(): string {
  return join(fileURLToPath(new URL("..", import.meta.url)), ".seqwatch", "stack");
}

/** Ready for a shell: eval "$(npm run stack -- up redis)". */
function printVariables(variables: ServerUrls): void {
  for (const [variable, value] of Object.entries(variables)) console.log(`export ${variable}=${value}`);
}

function printServer({ name, state, urls, processes }: ServerStatus): void {
  const addresses = Object.entries(urls).map(([variable, value]) => `${variable}=${value}`);
  console.log([name.padEnd(9), state.padEnd(8), ...addresses].join(" "));
  // Of a server with several processes one wants to know which of them is away.
  if (processes.length < 2) return;
  for (const process of processes)
    console.log(`  ${process.name.padEnd(14)} ${process.state.padEnd(8)} ${process.pid}`);
}

function printJson(value: unknown): void {
  console.log(JSON.stringify(value));
}
