import { join } from "node:path";
import { StackError } from "./errors.ts";
import { findFreePorts, loopback } from "./ports.ts";

/** How RabbitMQ is to differ from the defaults. */
export interface RabbitmqOptions {
  /** 1 unless told otherwise. More than one are a cluster; quorum queues then have a copy on each. */
  readonly nodes?: number;
  /** How often the broker renews what its management API tells; its own default of 5,000 unless told otherwise. */
  readonly statisticsIntervalMs?: number;
  /** More lines for the rabbitmq.conf of each node, e.g. `["consumer_timeout = 10000"]`. */
  readonly configuration?: readonly string[];
}

/** The ports on which clients reach a node. */
export interface RabbitmqClientPorts {
  readonly amqp: number;
  readonly management: number;
  readonly prometheus: number;
}

/** Where one node is and what it is called. */
export interface RabbitmqPlace extends RabbitmqClientPorts {
  readonly number: number;
  /** Unique on the machine, for the nodes of other stacks may be near. */
  readonly nodeName: string;
  readonly distribution: number;
}

/** The port mapper that all nodes share, and each node. */
export interface RabbitmqPlaces {
  readonly epmd: number;
  readonly nodes: readonly RabbitmqPlace[];
}

const portsPerNode = 4;

/** Chooses names and free ports for the nodes and their port mapper. */
export async function chooseRabbitmqPlaces(stackId: string, count: number): Promise<RabbitmqPlaces> {
  if (!Number.isInteger(count) || count < 1 || count > 9) {
    throw new StackError("STACK_BAD_INPUT", `rabbitmq.nodes is ${count}. Give a whole number from 1 to 9.`);
  }
  const [epmd = 0, ...ports] = await findFreePorts(1 + portsPerNode * count);
  const nodes = Array.from({ length: count }, (_, index) => {
    const [amqp = 0, management = 0, prometheus = 0, distribution = 0] = ports.slice(portsPerNode * index);
    const number = index + 1;
    return { number, nodeName: `seqwatch-${stackId}-${number}@localhost`, amqp, management, prometheus, distribution };
  });
  return { epmd, nodes };
}

/** The rabbitmq.conf of one node. */
export function toConfiguration(self: RabbitmqPlace, all: readonly RabbitmqPlace[], options: RabbitmqOptions): string {
  const lines = [
    `listeners.tcp.1 = ${loopback}:${self.amqp}`,
    `management.tcp.ip = ${loopback}`,
    `management.tcp.port = ${self.management}`,
    `prometheus.tcp.ip = ${loopback}`,
    `prometheus.tcp.port = ${self.prometheus}`,
    "log.console = true",
    "log.console.level = info",
    "log.file = false",
    ...(all.length === 1 ? [] : clusterLines(self, all)),
    ...(options.statisticsIntervalMs === undefined
      ? []
      : [`collect_statistics_interval = ${options.statisticsIntervalMs}`]),
    ...(options.configuration ?? []),
  ];
  return `${lines.join("\n")}\n`;
}

/** What the nodes have in common. */
function clusterName({ nodeName, number }: RabbitmqPlace): string {
  return nodeName.replace(`-${number}@`, "@");
}

/** The first node founds the cluster, and is started before the others: it need not look for them for long. */
function clusterLines(self: RabbitmqPlace, all: readonly RabbitmqPlace[]): readonly string[] {
  return [
    // Until it is given a name a cluster has as many as it has nodes: each calls it after itself.
    `cluster_name = ${clusterName(self)}`,
    "cluster_formation.peer_discovery_backend = classic_config",
    `cluster_formation.discovery_retry_limit = ${self.number === 1 ? 1 : 20}`,
    ...all.map(({ number, nodeName }) => `cluster_formation.classic_config.nodes.${number} = ${nodeName}`),
  ];
}

/** The environment of one node: its name, its files, its ports. `folder` holds what all nodes share. */
export function toNodeEnvironment(
  self: RabbitmqPlace,
  of: { readonly folder: string; readonly epmd: number },
): Record<string, string> {
  const own = nodeFolder(of.folder, self);
  return {
    ...toDistributionEnvironment(of),
    RABBITMQ_NODENAME: self.nodeName,
    RABBITMQ_MNESIA_BASE: join(own, "data"),
    RABBITMQ_LOG_BASE: own,
    RABBITMQ_CONFIG_FILE: join(own, "rabbitmq.conf"),
    RABBITMQ_CONF_ENV_FILE: join(own, "none"),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(own, "none"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(own, "enabled_plugins"),
    RABBITMQ_GENERATED_CONFIG_DIR: join(own, "config"),
    RABBITMQ_DIST_PORT: String(self.distribution),
    // Busy waiting is for machines that have nothing else to do; the address keeps distribution on loopback too.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      "+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
    // Lets the script become the server instead of waiting for it, so that a signal reaches the server itself.
    RUNNING_UNDER_SYSTEMD: "true",
  };
}

/** What lets a process find and be trusted by the nodes: the port mapper, and the home that holds their cookie. */
export function toDistributionEnvironment({
  folder,
  epmd,
}: {
  readonly folder: string;
  readonly epmd: number;
}): Record<string, string> {
  return { HOME: join(folder, "home"), ERL_EPMD_PORT: String(epmd), ERL_EPMD_ADDRESS: loopback };
}

/** Where one node writes. */
export function nodeFolder(folder: string, { number }: RabbitmqPlace): string {
  return join(folder, `node-${number}`);
}
