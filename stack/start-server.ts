import { StackError } from "./errors.ts";
import { startKafka } from "./kafka.ts";
import { killAll } from "./processes.ts";
import { startRabbitmq } from "./rabbitmq.ts";
import { startRedis } from "./redis.ts";
import type { Programs } from "./requirements.ts";
import type { ServerName } from "./servers.ts";
import type { ServerSite } from "./site.ts";
import type { ServerOptions, StackServers } from "./stack.ts";
import { removeServerFolder } from "./state.ts";

const attemptLimit = 3;

/**
 * Starts one server with what was found for it. A port can be taken by someone else between the moment it was found
 * free and the moment the server opens it; then the server is started anew on other ports.
 */
export async function startServer(
  server: ServerName,
  site: ServerSite,
  programs: Programs,
  options: ServerOptions,
): Promise<Partial<StackServers>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await starters[server](site, programs, options);
    } catch (error) {
      const isPortTaken = error instanceof StackError && error.code === "STACK_PORT_TAKEN";
      if (!isPortTaken || attempt === attemptLimit) throw error;
      await killAll(site.processesOf(server), site.markPrefix(server));
      removeServerFolder(site.folder, server);
    }
  }
}

type Starter = (site: ServerSite, programs: Programs, options: ServerOptions) => Promise<Partial<StackServers>>;

const starters: Readonly<Record<ServerName, Starter>> = {
  kafka: async (site, { kafka }, options) =>
    kafka ? { kafka: await startKafka(site, kafka, options.kafka ?? {}) } : {},
  rabbitmq: async (site, { rabbitmq }, options) =>
    rabbitmq ? { amqp: await startRabbitmq(site, rabbitmq, options.rabbitmq ?? {}) } : {},
  redis: async (site, { redis }, options) =>
    redis ? { redis: await startRedis(site, redis, options.redis ?? {}) } : {},
};
