import { loopback } from "./ports.ts";

/** Where one broker is; it is a controller as well. */
export interface BrokerPorts {
  readonly nodeId: number;
  readonly port: number;
  readonly controllerPort: number;
}

/** One broker's settings, by property name. */
export type BrokerProperties = Readonly<Record<string, string | number | boolean>>;

/** The settings of one broker of a cluster that notices faults quickly and makes no topic that nobody asked for. */
export function toBrokerProperties(
  self: BrokerPorts,
  all: readonly BrokerPorts[],
  logDir: string,
  overrides: BrokerProperties,
): BrokerProperties {
  return { ...placeProperties(self, all, logDir), ...copyProperties(all.length), ...paceProperties, ...overrides };
}

/** The file that the broker reads. */
export function formatProperties(properties: BrokerProperties): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

function placeProperties(self: BrokerPorts, all: readonly BrokerPorts[], logDir: string): BrokerProperties {
  return {
    "process.roles": "broker,controller",
    "node.id": self.nodeId,
    "controller.quorum.voters": all.map((one) => `${one.nodeId}@${loopback}:${one.controllerPort}`).join(","),
    listeners: `PLAINTEXT://${loopback}:${self.port},CONTROLLER://${loopback}:${self.controllerPort}`,
    "advertised.listeners": `PLAINTEXT://${loopback}:${self.port}`,
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "log.dirs": logDir,
  };
}

/** Three copies, two of them in step: the settings under which users expect that no acknowledged message is lost. */
function copyProperties(brokerCount: number): BrokerProperties {
  const copies = Math.min(3, brokerCount);
  const inSync = Math.min(2, brokerCount);
  return {
    "default.replication.factor": copies,
    "min.insync.replicas": inSync,
    "offsets.topic.replication.factor": copies,
    "offsets.topic.num.partitions": 3,
    "transaction.state.log.replication.factor": copies,
    "transaction.state.log.min.isr": inSync,
    "transaction.state.log.num.partitions": 3,
    "share.coordinator.state.topic.replication.factor": copies,
    "share.coordinator.state.topic.min.isr": inSync,
    "share.coordinator.state.topic.num.partitions": 3,
    // A topic made by accident has other settings than the one a test means.
    "auto.create.topics.enable": false,
  };
}

const paceProperties: BrokerProperties = {
  "broker.session.timeout.ms": 3_000,
  "broker.heartbeat.interval.ms": 500,
  "controller.quorum.election.timeout.ms": 500,
  "controller.quorum.fetch.timeout.ms": 1_000,
  "group.initial.rebalance.delay.ms": 0,
  "group.min.session.timeout.ms": 1_000,
  // The cleaner takes this from the heap at once, and the default is a third of what a broker has here.
  "log.cleaner.dedupe.buffer.size": 8_388_608,
};
