import { controlContainer, startContainers } from "./compose.ts";
import { StackError } from "./errors.ts";
import type { KafkaServer } from "./kafka.ts";
import { readLivingBrokers } from "./kafka-probe.ts";
import { findFreePorts, loopback } from "./ports.ts";
import { isRabbitmqReady, type RabbitmqServer, toRabbitmqNode, toRabbitmqServer } from "./rabbitmq.ts";
import { isRedisReady, type RedisServer } from "./redis.ts";
import type { ServerControls } from "./server-process.ts";
import type { ServerName } from "./servers.ts";
import type { ServerSite } from "./site.ts";
import type { StackServers } from "./stack.ts";
import { toUrls } from "./urls.ts";
import { waitUntil } from "./wait.ts";

interface ContainerPorts {
  readonly kafka: readonly number[];
  readonly amqp: number;
  readonly management: number;
  readonly prometheus: number;
  readonly redis: number;
}

/** One service of the compose project, and how one sees that it serves. */
interface Container {
  readonly service: string;
  readonly isReady: () => Promise<boolean>;
}

// An image that must be fetched first is part of the first command, not of this.
const readyLimitMs = 120_000;

/** Starts these servers in containers on free ports and waits until they serve. */
export async function startInContainers(
  site: ServerSite,
  servers: readonly ServerName[],
): Promise<Partial<StackServers>> {
  const ports = await chooseContainerPorts();
  for (const server of servers) site.recordComposed(server);
  await startContainers(site.stackId, servers, toPortVariables(ports), site.environment);
  const kafka = servers.includes("kafka") ? await toKafka(site, ports) : undefined;
  const amqp = servers.includes("rabbitmq") ? await toRabbitmq(site, ports) : undefined;
  const redis = servers.includes("redis") ? await toRedis(site, ports) : undefined;
  if (kafka) site.recordUrls("kafka", toUrls({ kafka }));
  if (amqp) site.recordUrls("rabbitmq", toUrls({ amqp }));
  if (redis) site.recordUrls("redis", toUrls({ redis }));
  return { ...(kafka && { kafka }), ...(amqp && { amqp }), ...(redis && { redis }) };
}

async function chooseContainerPorts(): Promise<ContainerPorts> {
  const [amqp = 0, management = 0, prometheus = 0, redis = 0, ...kafka] = await findFreePorts(7);
  return { kafka, amqp, management, prometheus, redis };
}

/** The variables of compose.yaml. */
function toPortVariables({ kafka, amqp, management, prometheus, redis }: ContainerPorts): Record<string, string> {
  const brokers = kafka.map((port, index) => [`SEQWATCH_PORT_KAFKA_${index + 1}`, String(port)]);
  return {
    ...Object.fromEntries(brokers),
    SEQWATCH_PORT_AMQP: String(amqp),
    SEQWATCH_PORT_AMQP_MANAGEMENT: String(management),
    SEQWATCH_PORT_AMQP_PROMETHEUS: String(prometheus),
    SEQWATCH_PORT_REDIS: String(redis),
  };
}

async function toKafka(site: ServerSite, ports: ContainerPorts): Promise<KafkaServer> {
  const nodes = ports.kafka.map((port, index) => {
    const nodeId = index + 1;
    const isReady = async () => (await readLivingBrokers(port))?.includes(nodeId) ?? false;
    const controls = createControls(site, { service: `kafka-${nodeId}`, isReady });
    return Object.assign(controls, { nodeId, address: `${loopback}:${port}` });
  });
  await Promise.all(nodes.map((node) => node.start()));
  return { brokers: nodes.map(({ address }) => address), nodes };
}

async function toRabbitmq(site: ServerSite, ports: ContainerPorts): Promise<RabbitmqServer> {
  const server = createControls(site, { service: "rabbitmq", isReady: () => isRabbitmqReady(ports) });
  await server.start();
  return toRabbitmqServer([toRabbitmqNode(server, ports, undefined)], { forget: undefined, control: undefined });
}

async function toRedis(site: ServerSite, { redis }: ContainerPorts): Promise<RedisServer> {
  const server = createControls(site, { service: "redis", isReady: () => isRedisReady(redis) });
  await server.start();
  return { url: `redis://${loopback}:${redis}`, server };
}

function createControls(site: ServerSite, { service, isReady }: Container): ServerControls {
  const control = (...verb: readonly string[]) => controlContainer(site.stackId, verb, service, site.environment);
  return {
    name: service,
    pid: undefined,
    dataDir: undefined,
    logFile: undefined,
    stop: async (signal = "SIGTERM") => {
      // "stop" waits until the container is gone, which "kill" with a polite signal does not.
      if (signal === "SIGTERM") await control("stop");
      else await control("kill");
    },
    start: async ({ until = "ready" } = {}) => {
      await control("start");
      if (until === "spawned" || (await waitUntil(isReady, { limitMs: readyLimitMs, everyMs: 100 }))) return;
      throw new StackError(
        "STACK_START_FAILED",
        `The container ${service} did not serve within ${readyLimitMs / 1000} s. ` +
          `See: docker compose --project-name seqwatch-${site.stackId} logs ${service}`,
      );
    },
    pause: () => control("pause"),
    resume: () => control("unpause"),
  };
}
