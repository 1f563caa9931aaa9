import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StackError } from "./errors.ts";
import { loopback } from "./ports.ts";
import { probe } from "./probe.ts";
import { controlNode, forgetNode, waitForFormation } from "./rabbitmq-cluster.ts";
import {
  chooseRabbitmqPlaces,
  nodeFolder,
  type RabbitmqClientPorts,
  type RabbitmqOptions,
  type RabbitmqPlace,
  type RabbitmqPlaces,
  toConfiguration,
  toDistributionEnvironment,
  toNodeEnvironment,
} from "./rabbitmq-node.ts";
import type { ServerControls } from "./server-process.ts";
import type { ServerSite } from "./site.ts";

/** The addresses of one RabbitMQ node. */
interface RabbitmqAddresses {
  readonly url: string;
  /** The management API's address with user and password in it; undefined when nobody gave one. */
  readonly managementUrl: string | undefined;
  /** The address of the metrics for Prometheus; undefined when the broker is not the stack's own. */
  readonly prometheusUrl: string | undefined;
}

/** One node of the stack's RabbitMQ, and how to trouble it. */
export interface RabbitmqNode extends RabbitmqAddresses, ServerControls {
  /** What the other nodes call it; undefined when it runs in a container. */
  readonly nodeName: string | undefined;
}

/** A RabbitMQ a stack has: where its first node is and, if the stack started it, how to trouble each. */
export interface RabbitmqServer extends RabbitmqAddresses {
  /** The first node. */
  readonly server: ServerControls | undefined;
  /** Empty when the broker is not the stack's own. */
  readonly nodes: readonly RabbitmqNode[];
  /**
   * Takes a node that will not come back out of the cluster, as its operator would: what only it held is given up. A
   * node of that name that starts with an empty folder afterwards joins anew. undefined when nothing can do it here.
   */
  readonly forget: ((node: RabbitmqNode) => Promise<void>) | undefined;
  /** Runs `rabbitmqctl` against the first node; resolves to what it printed. undefined when nothing can do it here. */
  readonly control: ((args: readonly string[]) => Promise<string>) | undefined;
}

/** What RabbitMQ is run with. */
export interface RabbitmqPrograms {
  /** The server script under the library folder: the one on the path changes the user and wants the system's folders. */
  readonly script: string;
  readonly epmd: string;
}

const credentials = "guest:guest";

/** Starts RabbitMQ with its management and Prometheus plugins: one node, or as many as are asked for. */
export async function startRabbitmq(
  site: ServerSite,
  programs: RabbitmqPrograms,
  options: RabbitmqOptions,
): Promise<RabbitmqServer> {
  const places = await chooseRabbitmqPlaces(site.stackId, options.nodes ?? 1);
  writeFiles(rabbitmqFolder(site), places, options);
  await createEpmd(site, programs.epmd, places.epmd).start();
  const nodes = places.nodes.map((place) => createNode(site, programs, place, places.epmd));
  // Nodes that start at the same moment would hold one another up for seconds while none is there to be joined.
  await nodes[0]?.start();
  await Promise.all(nodes.slice(1).map((node) => node.start()));
  await waitForFormation(nodes);
  const environment = {
    ...site.environment,
    ...toDistributionEnvironment({ folder: rabbitmqFolder(site), epmd: places.epmd }),
  };
  const by = { nodes, script: programs.script, environment };
  return toRabbitmqServer(nodes, {
    forget: (node) => forgetNode(node, by),
    control: (args) => controlNode(nodes[0], args, by),
  });
}

/** A RabbitMQ of these nodes; its address is the first one's. */
export function toRabbitmqServer(
  nodes: readonly RabbitmqNode[],
  commands: Pick<RabbitmqServer, "forget" | "control">,
): RabbitmqServer {
  const [first] = nodes;
  if (first === undefined) throw new StackError("STACK_START_FAILED", "RabbitMQ has no node.");
  const { url, managementUrl, prometheusUrl } = first;
  return { url, managementUrl, prometheusUrl, server: first, nodes, ...commands };
}

/** A node on these ports, with the user that a new broker has. */
export function toRabbitmqNode(
  controls: ServerControls,
  ports: RabbitmqClientPorts,
  nodeName: string | undefined,
): RabbitmqNode {
  const addresses = {
    url: `amqp://${credentials}@${loopback}:${ports.amqp}`,
    managementUrl: `http://${credentials}@${loopback}:${ports.management}`,
    prometheusUrl: `http://${loopback}:${ports.prometheus}/metrics`,
  };
  return Object.assign(controls, addresses, { nodeName });
}

/** Looks once whether a RabbitMQ on these ports takes clients, and answers for its management. */
export async function isRabbitmqReady({ amqp, management }: RabbitmqClientPorts): Promise<boolean> {
  return (await isAmqpReady(amqp)) && (await isManagementReady(management));
}

function rabbitmqFolder(site: ServerSite): string {
  return join(site.folder, "rabbitmq");
}

function writeFiles(folder: string, { nodes }: RabbitmqPlaces, options: RabbitmqOptions): void {
  mkdirSync(join(folder, "home"), { recursive: true });
  // Nodes that start at the same moment would each make a cookie, and trust no other.
  writeFileSync(join(folder, "home", ".erlang.cookie"), randomBytes(16).toString("hex"), { mode: 0o400 });
  for (const node of nodes) {
    const own = nodeFolder(folder, node);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, "rabbitmq.conf"), toConfiguration(node, nodes, options));
    writeFileSync(join(own, "enabled_plugins"), "[rabbitmq_management,rabbitmq_prometheus].\n");
  }
}

/**
 * Erlang's port mapper, in the foreground as a process of the stack. Left to itself, RabbitMQ would start one as a
 * daemon that belongs to nobody and outlives it.
 */
function createEpmd(site: ServerSite, program: string, port: number): ServerControls {
  const folder = rabbitmqFolder(site);
  return site.createProcess({
    server: "rabbitmq",
    name: "rabbitmq-epmd",
    program,
    args: ["-port", String(port), "-address", loopback],
    environment: {},
    dataDir: join(folder, "home"),
    logFile: join(folder, "epmd.log"),
    isReady: () => isEpmdReady(port),
  });
}

function createNode(site: ServerSite, { script }: RabbitmqPrograms, place: RabbitmqPlace, epmd: number): RabbitmqNode {
  const folder = rabbitmqFolder(site);
  const own = nodeFolder(folder, place);
  const controls = site.createProcess({
    server: "rabbitmq",
    name: `rabbitmq-${place.number}`,
    program: script,
    args: [],
    environment: toNodeEnvironment(place, { folder, epmd }),
    dataDir: join(own, "data"),
    logFile: join(own, "rabbitmq.log"),
    isReady: () => isRabbitmqReady(place),
  });
  return toRabbitmqNode(controls, place, place.nodeName);
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
