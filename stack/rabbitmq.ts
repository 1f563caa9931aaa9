import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StackError } from "./errors.ts";
import { findFreePorts, loopback } from "./ports.ts";
import { probe } from "./probe.ts";
import type { ServerControls } from "./server-process.ts";
import type { ServerSite } from "./site.ts";

/** A RabbitMQ a stack has: where it is and, if the stack started it, how to trouble it. */
export interface RabbitmqServer {
  readonly url: string;
  /** The management API's address with user and password in it; undefined when nobody gave one. */
  readonly managementUrl: string | undefined;
  /** The address of the metrics for Prometheus; undefined when the broker is not the stack's own. */
  readonly prometheusUrl: string | undefined;
  readonly server: ServerControls | undefined;
}

/** How RabbitMQ is to differ from the defaults. */
export interface RabbitmqOptions {
  /** How often the broker renews what its management API tells; its own default of 5,000 unless told otherwise. */
  readonly statisticsIntervalMs?: number;
  /** More lines for rabbitmq.conf, e.g. `["consumer_timeout = 10000"]`. */
  readonly configuration?: readonly string[];
}

/** What RabbitMQ is run with. */
export interface RabbitmqPrograms {
  /** The server script under the library folder: the one on the path changes the user and wants the system's folders. */
  readonly script: string;
  readonly epmd: string;
}

/** The ports on which clients reach RabbitMQ. */
export interface RabbitmqClientPorts {
  readonly amqp: number;
  readonly management: number;
  readonly prometheus: number;
}

interface RabbitmqPorts extends RabbitmqClientPorts {
  readonly distribution: number;
  readonly epmd: number;
}

const credentials = "guest:guest";

/** Starts one RabbitMQ with its management and Prometheus plugins. */
export async function startRabbitmq(
  site: ServerSite,
  programs: RabbitmqPrograms,
  options: RabbitmqOptions,
): Promise<RabbitmqServer> {
  const ports = await chooseRabbitmqPorts();
  const folder = join(site.folder, "rabbitmq");
  mkdirSync(join(folder, "home"), { recursive: true });
  writeFileSync(join(folder, "rabbitmq.conf"), toConfiguration(ports, options));
  writeFileSync(join(folder, "enabled_plugins"), "[rabbitmq_management,rabbitmq_prometheus].\n");
  await createEpmd(site, programs.epmd, ports).start();
  const server = createBroker(site, programs, ports);
  await server.start();
  return toRabbitmqServer(ports, server);
}

/** The addresses of a RabbitMQ on these ports, with the user that a new broker has. */
export function toRabbitmqServer(ports: RabbitmqClientPorts, server: ServerControls): RabbitmqServer {
  return {
    url: `amqp://${credentials}@${loopback}:${ports.amqp}`,
    managementUrl: `http://${credentials}@${loopback}:${ports.management}`,
    prometheusUrl: `http://${loopback}:${ports.prometheus}/metrics`,
    server,
  };
}

/** Looks once whether a RabbitMQ on these ports takes clients, and answers for its management. */
export async function isRabbitmqReady({ amqp, management }: RabbitmqClientPorts): Promise<boolean> {
  return (await isAmqpReady(amqp)) && (await isManagementReady(management));
}

async function chooseRabbitmqPorts(): Promise<RabbitmqPorts> {
  const [amqp, management, prometheus, distribution, epmd] = await findFreePorts(5);
  if (amqp && management && prometheus && distribution && epmd) {
    return { amqp, management, prometheus, distribution, epmd };
  }
  throw new StackError("STACK_START_FAILED", "RabbitMQ needs five free ports and fewer were found.");
}

function toConfiguration(ports: RabbitmqPorts, options: RabbitmqOptions): string {
  const lines = [
    `listeners.tcp.1 = ${loopback}:${ports.amqp}`,
    `management.tcp.ip = ${loopback}`,
    `management.tcp.port = ${ports.management}`,
    `prometheus.tcp.ip = ${loopback}`,
    `prometheus.tcp.port = ${ports.prometheus}`,
    "log.console = true",
    "log.console.level = info",
    "log.file = false",
    ...(options.statisticsIntervalMs === undefined
      ? []
      : [`collect_statistics_interval = ${options.statisticsIntervalMs}`]),
    ...(options.configuration ?? []),
  ];
  return `${lines.join("\n")}\n`;
}

/**
 * Erlang's port mapper, in the foreground as a process of the stack. Left to itself, RabbitMQ would start one as a
 * daemon that belongs to nobody and outlives it.
 */
function createEpmd(site: ServerSite, program: string, ports: RabbitmqPorts): ServerControls {
  const folder = join(site.folder, "rabbitmq");
  return site.createProcess({
    server: "rabbitmq",
    name: "rabbitmq-epmd",
    program,
    args: ["-port", String(ports.epmd), "-address", loopback],
    environment: {},
    dataDir: join(folder, "home"),
    logFile: join(folder, "epmd.log"),
    isReady: () => isEpmdReady(ports.epmd),
  });
}

function createBroker(site: ServerSite, { script }: RabbitmqPrograms, ports: RabbitmqPorts): ServerControls {
  const folder = join(site.folder, "rabbitmq");
  const dataDir = join(folder, "data");
  return site.createProcess({
    server: "rabbitmq",
    name: "rabbitmq",
    program: script,
    args: [],
    environment: {
      HOME: join(folder, "home"),
      RABBITMQ_NODENAME: `seqwatch-${site.stackId}@localhost`,
      RABBITMQ_MNESIA_BASE: dataDir,
      RABBITMQ_LOG_BASE: folder,
      RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
      RABBITMQ_CONF_ENV_FILE: join(folder, "none"),
      RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, "none"),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
      RABBITMQ_GENERATED_CONFIG_DIR: join(folder, "config"),
      RABBITMQ_DIST_PORT: String(ports.distribution),
      ERL_EPMD_PORT: String(ports.epmd),
      ERL_EPMD_ADDRESS: loopback,
      // Busy waiting is for machines that have nothing else to do; the address keeps distribution on loopback too.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
        "+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
      // Lets the script become the server instead of waiting for it, so that a signal reaches the server itself.
      RUNNING_UNDER_SYSTEMD: "true",
    },
    dataDir,
    logFile: join(folder, "rabbitmq.log"),
    isReady: () => isRabbitmqReady(ports),
  });
}

async function isEpmdReady(port: number): Promise<boolean> {
  // NAMES_REQ of the distribution protocol: a length of one byte, then the letter n. The answer opens with the port.
  const answer = await probe({ port, request: "\0\x01n", isComplete: (bytes) => bytes.length >= 4 });
  return answer?.readUInt32BE(0) === port;
}

async function isAmqpReady(port: number): Promise<boolean> {
  // A broker that is open for clients answers the protocol header of AMQP 0-9-1 with a method frame: type 1.
  const answer = await probe({ port, request: "AMQP\0\0\x09\x01", isComplete: (bytes) => bytes.length > 0 });
  return answer?.[0] === 1;
}

async function isManagementReady(port: number): Promise<boolean> {
  const authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
  const request = `GET /api/overview HTTP/1.0\r\nAuthorization: ${authorization}\r\n\r\n`;
  const answer = await probe({ port, request, isComplete: (bytes) => bytes.includes("\r\n") });
  return answer?.toString("latin1").split(" ")[1] === "200";
}
