import { StackError } from "./errors.ts";
import { findExplicitKafka, findExplicitRabbitmq, findExplicitRedis } from "./explicit.ts";
import type { KafkaOptions, KafkaServer } from "./kafka.ts";
import { startOwnServers } from "./own-servers.ts";
import type { Environment } from "./programs.ts";
import type { RabbitmqServer } from "./rabbitmq.ts";
import type { RabbitmqOptions } from "./rabbitmq-node.ts";
import type { RedisOptions, RedisServer } from "./redis.ts";
import { parseServerNames, type ServerName } from "./servers.ts";
import type { ServerUrls } from "./state.ts";
import { toUrls } from "./urls.ts";

/** How each server is to differ from its defaults. */
export interface ServerOptions {
  readonly kafka?: KafkaOptions;
  readonly rabbitmq?: RabbitmqOptions;
  readonly redis?: RedisOptions;
}

/** What to start, and how it is to differ from the defaults. */
export interface StackOptions<Name extends ServerName = ServerName> extends ServerOptions {
  /** Give the names literally: the type of the stack then holds exactly these servers. */
  readonly servers: readonly Name[];
  /** A new or empty folder for all that the servers write; a fresh one among the system's temporary folders by default. */
  readonly folder?: string;
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
  if (servers.length === 0) throw new StackError("STACK_BAD_INPUT", "Name at least one server to start.");
  const explicit = findExplicit(servers, environment);
  const own = servers.filter((server) => explicit[partOf[server]] === undefined);
  const started = own.length === 0 ? undefined : await startOwnServers(own, options, environment);
  const parts: Partial<StackServers> = { ...explicit, ...started?.parts };
  const life: StackLife = {
    folder: started?.folder,
    environment: toUrls(parts),
    stop: async () => started?.stop(),
    release: async () => started?.release(),
  };
  if (hasServers(parts, options.servers)) return { ...life, ...parts };
  throw new StackError("STACK_START_FAILED", `Of ${servers.join(", ")} not all were started.`);
}

function hasServers<Name extends ServerName>(
  parts: Partial<StackServers>,
  servers: readonly Name[],
): parts is Pick<StackServers, PartOf[Name]> {
  return servers.every((server) => parts[partOf[server]] !== undefined);
}

const partOf: PartOf = { kafka: "kafka", rabbitmq: "amqp", redis: "redis" };

function findExplicit(servers: readonly ServerName[], environment: Environment): Partial<StackServers> {
  const kafka = servers.includes("kafka") ? findExplicitKafka(environment) : undefined;
  const amqp = servers.includes("rabbitmq") ? findExplicitRabbitmq(environment) : undefined;
  const redis = servers.includes("redis") ? findExplicitRedis(environment) : undefined;
  return { ...(kafka && { kafka }), ...(amqp && { amqp }), ...(redis && { redis }) };
}
