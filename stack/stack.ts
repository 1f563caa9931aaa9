import { resolve } from "node:path";
import { findExplicitKafka, findExplicitRabbitmq, findExplicitRedis } from "./explicit.ts";
import { claimFolder } from "./folder.ts";
import { createMissingError, providePrograms } from "./install.ts";
import { type KafkaOptions, type KafkaServer, startKafka } from "./kafka.ts";
import { type Keeper, startKeeper } from "./keep.ts";
import type { Environment } from "./programs.ts";
import { type RabbitmqOptions, type RabbitmqServer, startRabbitmq } from "./rabbitmq.ts";
import { type RedisOptions, type RedisServer, startRedis } from "./redis.ts";
import { findLacks, type Programs } from "./requirements.ts";
import { parseServerNames, type ServerName } from "./servers.ts";
import { ServerSite } from "./site.ts";
import type { ServerUrls } from "./state.ts";
import { takeDown } from "./takedown.ts";

/** What to start, and how it is to differ from the defaults. */
export interface StackOptions<Name extends ServerName = ServerName> {
  /** Give the names literally: the type of the stack then holds exactly these servers. */
  readonly servers: readonly Name[];
  /** A new or empty folder for all that the servers write; a fresh one among the system's temporary folders by default. */
  readonly folder?: string;
  readonly kafka?: KafkaOptions;
  readonly rabbitmq?: RabbitmqOptions;
  readonly redis?: RedisOptions;
  /** Takes one line about each thing that is installed. Printed on standard error by default. */
  readonly onProgress?: (line: string) => void;
  /** The environment variables to go by; those of this process by default. */
  readonly environment?: Environment;
}

/** The servers of a stack by the name under which it has them. */
export interface StackServers {
  readonly kafka: KafkaServer;
  readonly amqp: RabbitmqServer;
  readonly redis: RedisServer;
}

/** What every stack has, whatever its servers. */
export interface StackLife {
  /** Where the servers write; undefined when each of them was named by the environment and nothing was started. */
  readonly folder: string | undefined;
  /** SEQWATCH_REDIS_URL and its like for these servers: what a child process needs to use the same ones. */
  readonly environment: ServerUrls;
  /** Ends the servers that the stack started and removes their folder. May be called again. */
  stop(): Promise<void>;
  /** Lets the servers live on when this process ends. `npm run stack -- down --folder DIR` ends them then. */
  release(): Promise<void>;
}

type PartOf = { readonly kafka: "kafka"; readonly rabbitmq: "amqp"; readonly redis: "redis" };

/** Servers for as long as this process lives, or until they are stopped. */
export type Stack<Name extends ServerName = ServerName> = StackLife & Pick<StackServers, PartOf[Name]>;

/**
 * Starts local servers on free ports of the loopback address and waits until they serve. Servers that the environment
 * names (SEQWATCH_KAFKA_BROKERS, SEQWATCH_AMQP_URL, SEQWATCH_REDIS_URL) are taken as they are and not troubled.
 * When this process ends, in whatever way, the servers end too.
 *
 * @throws StackError when something is missing, in use or fails; all that was started before is ended then.
 * @example
 * const stack = await startStack({ servers: ["kafka", "redis"] });
 * try {
 *   await useThem(stack.kafka.brokers, stack.redis.url);
 *   await stack.kafka.nodes[0]?.stop("SIGKILL");
 * } finally {
 *   await stack.stop();
 * }
 */
export async function startStack<const Name extends ServerName>(options: StackOptions<Name>): Promise<Stack<Name>> {
  const environment = options.environment ?? process.env;
  const servers = parseServerNames(options.servers);
  const explicit = findExplicit(servers, environment);
  const own = servers.filter((server) => explicit[partOf[server]] === undefined);
  const started = own.length === 0 ? undefined : await startOwn(own, options, environment);
  const parts: Partial<StackServers> = { ...explicit, ...started?.parts };
  const life: StackLife = {
    folder: started?.site.folder,
    environment: toEnvironment(parts),
    stop: async () => started?.stop(),
    release: async () => started?.release(),
  };
  // Each of the names was found in the environment or started, else an error was thrown; the compiler cannot see that.
  return { ...life, ...parts } as Stack<Name>;
}

const partOf: PartOf = { kafka: "kafka", rabbitmq: "amqp", redis: "redis" };

interface OwnServers {
  readonly site: ServerSite;
  readonly parts: Partial<StackServers>;
  stop(): Promise<void>;
  release(): Promise<void>;
}

function findExplicit(servers: readonly ServerName[], environment: Environment): Partial<StackServers> {
  const kafka = servers.includes("kafka") ? findExplicitKafka(environment) : undefined;
  const amqp = servers.includes("rabbitmq") ? findExplicitRabbitmq(environment) : undefined;
  const redis = servers.includes("redis") ? findExplicitRedis(environment) : undefined;
  return { ...(kafka && { kafka }), ...(amqp && { amqp }), ...(redis && { redis }) };
}

async function startOwn(
  servers: readonly ServerName[],
  options: StackOptions,
  environment: Environment,
): Promise<OwnServers> {
  const announce = options.onProgress ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const programs = await providePrograms(servers, environment, announce);
  const lacks = findLacks(servers, environment);
  if (lacks.length > 0) throw createMissingError(lacks, environment);
  const { folder, state } = await claimFolder(options.folder === undefined ? undefined : resolve(options.folder));
  const keeper = startKeeper(folder);
  const site = new ServerSite(folder, environment, state);
  const starts = servers.map((server) => startServer(server, site, programs, options));
  try {
    const parts: Partial<StackServers> = Object.assign({}, ...(await Promise.all(starts)));
    return { site, parts, stop: () => stopOwn(site, keeper), release: () => releaseOwn(site, keeper) };
  } catch (error) {
    await stopOwn(site, keeper);
    await Promise.allSettled(starts);
    throw error;
  }
}

async function startServer(
  server: ServerName,
  site: ServerSite,
  programs: Programs,
  options: StackOptions,
): Promise<Partial<StackServers>> {
  const parts = await startParts(server, site, programs, options);
  site.recordUrls(server, toEnvironment(parts));
  return parts;
}

async function startParts(
  server: ServerName,
  site: ServerSite,
  programs: Programs,
  options: StackOptions,
): Promise<Partial<StackServers>> {
  switch (server) {
    case "kafka":
      return programs.kafka ? { kafka: await startKafka(site, programs.kafka, options.kafka ?? {}) } : {};
    case "rabbitmq":
      return programs.rabbitmq ? { amqp: await startRabbitmq(site, programs.rabbitmq, options.rabbitmq ?? {}) } : {};
    case "redis":
      return programs.redis ? { redis: await startRedis(site, programs.redis, options.redis ?? {}) } : {};
  }
}

async function stopOwn(site: ServerSite, keeper: Keeper): Promise<void> {
  site.close();
  await keeper.takeDown();
  // Does something only when the keeper was killed or could not end a server; then this tells why.
  await takeDown(site.folder);
}

async function releaseOwn(site: ServerSite, keeper: Keeper): Promise<void> {
  site.recordRelease();
  await keeper.release();
}

function toEnvironment({ kafka, amqp, redis }: Partial<StackServers>): ServerUrls {
  return {
    ...(kafka && { SEQWATCH_KAFKA_BROKERS: kafka.brokers.join(",") }),
    ...(amqp && { SEQWATCH_AMQP_URL: amqp.url }),
    ...(amqp?.managementUrl && { SEQWATCH_AMQP_MANAGEMENT_URL: amqp.managementUrl }),
    ...(redis && { SEQWATCH_REDIS_URL: redis.url }),
  };
}
