import { type EvidenceReader, type Lane, noLimits, type QueueReading } from "@seqwatch/core";
import { countOf, type Fields, fieldsOf, listOf, stableText, textOf } from "./json-fields.ts";
import { type ManagementAnswer, ManagementClient } from "./management-client.ts";
import { createNameHash } from "./name-hash.ts";
import { type ConsumerCount, type CountingConnection, exactCounts, QueueCounter } from "./queue-counter.ts";
import { QueueLeases } from "./queue-leases.ts";
import { OwnCluster } from "./rabbitmq-cluster.ts";
import { deadLetterTargetOf, limitsOf, type QueueSources } from "./rabbitmq-limits.ts";
import { parsePolicies, policyOf } from "./rabbitmq-policy.ts";
import { type ExchangeFacts, findRoute, type Route } from "./rabbitmq-route.ts";
import { type Dated, SharedAnswers } from "./shared-answers.ts";

export interface RabbitReaderOptions {
  /** The management API, with user and password. */
  readonly managementUrl: string;
  readonly virtualHost: string;
  /** Certificates in PEM that its TLS is trusted by; undefined = those that Node trusts by itself. */
  readonly ca?: readonly string[] | undefined;
  /** What the applications call the cluster; undefined = as the broker calls itself. */
  readonly cluster: string | undefined;
  /** Opens a connection of the reader's own. */
  readonly connect: () => Promise<CountingConnection>;
  /** The broker's `collect_statistics_interval`. */
  readonly statisticsIntervalMs: number;
  /** For one question, over HTTP or AMQP. 2,000. */
  readonly timeoutMs?: number;
  readonly warn: (code: string, text: string) => void;
  /** The secret of clients with the option `hideNames`: without it their routing keys match no binding for certain. */
  readonly nameSecret?: string | undefined;
}

/**
 * Evidence of a RabbitMQ: bindings, settings and counts of one virtual host by its management API, and the exact number
 * of consumers by a passive declare. It writes nothing and answers undefined where anything that matters is unreadable.
 */
export function createRabbitReader(options: RabbitReaderOptions): EvidenceReader {
  const { virtualHost, warn, timeoutMs = 2_000, managementUrl: url, ca } = options;
  const vhost = encodeURIComponent(virtualHost);
  const management = new ManagementClient({ url, ca, timeoutMs, maxConcurrent: 8, shareMs, warn });
  const own = new OwnCluster({ name: options.cluster, virtualHost, warn });
  const lookAt = { management, vhost, hide: createNameHash(options.nameSecret) };
  const counts = new SharedAnswers<ConsumerCount>(shareMs);
  const counter = new QueueCounter({ connect: options.connect, timeoutMs, warn });
  /** Where each queue was: one that is gone no longer tells. */
  const nodes = new Map<string, string>();
  const leases = new QueueLeases();

  async function readQueue(lane: Lane, queue: string, nowMs: () => number): Promise<QueueReading | undefined> {
    if (!(await own.is(lane.cluster, management, nowMs))) return undefined;
    const look = new Look(lookAt, nowMs);
    const settings = await look.readSettings(queue);
    const count: ConsumerCount = leases.isRunning(queue, settings)
      ? { kind: "unknown" }
      : await look.note(counts.ask(queue, nowMs(), () => counter.count(queue, nowMs)));
    if (count.kind === "away") return awayReading(look.beganAtMs);
    // The management API does not know a queue whose node is down: whether this one is gone it cannot tell.
    if (count.kind === "unknown" && settings?.exists === false) return undefined;
    const route = await look.readRoute({ exchange: lane.destination, routingKey: lane.partition, queue });
    if (settings === undefined || route === undefined) return undefined;
    const deadLetters = await look.leadsAnywhere(lane, settings.sources);
    const node = settings.node ?? nodes.get(queue);
    if (node !== undefined && (nodes.size < maxQueues || nodes.has(queue))) nodes.set(queue, node);
    // A queue whose node is stopping, starting or away is "not found" to a declare, and still there for the management.
    if (count.kind === "absent" && settings.exists) return undefined;
    const exists = count.kind === "unknown" ? settings.exists : count.kind === "counted";
    return {
      beganAtMs: look.beganAtMs,
      exists,
      bound: exists ? route.bound : false,
      provable: route.provable && settings.provable,
      limits: { ...settings.limits, deadLetters },
      // What the queue threw away while its letters led elsewhere must not be judged by where they lead now.
      shape: stableText([settings.shape, route.steps, deadLetters]),
      ...exactCounts(count),
      listedConsumerCount: settings.listedConsumerCount,
      ready: settings.ready,
      unacked: settings.unacked,
      getCount: settings.getCount,
      isUntouched: settings.isUntouched,
      publishCount: settings.publishCount,
      uptimeMs: await look.readUptime(node),
      statisticsLagMs: lagOf(settings.sources.type, options.statisticsIntervalMs),
    };
  }

  async function findQueues(lane: Lane, nowMs: () => number): Promise<readonly string[] | undefined> {
    if (!(await own.is(lane.cluster, management, nowMs))) return undefined;
    const from = { exchange: lane.destination, routingKey: lane.partition };
    return (await new Look(lookAt, nowMs).readRoute(from))?.queues;
  }

  return {
    system: "rabbitmq",
    readQueue,
    findQueues,
    close: async () => {
      management.close();
      await counter.close();
    },
  };
}

/**
 * A queue tells its counts once an interval, and the management plugin collects what was told once an interval. Of 96
 * changes on RabbitMQ 3.10 more than a third showed only after one interval, the last after two.
 */
const statisticsLagIntervals = 2;

/** A quorum queue tells its counts at its own tick, whatever the interval: with one of 1 s they were 4.6 s old. */
const quorumTickMs = 5_000;

function lagOf(type: string, intervalMs: number): number {
  return statisticsLagIntervals * intervalMs + (type === "quorum" ? quorumTickMs : 0);
}

/** Queues whose node is remembered. */
const maxQueues = 10_000;

/** Shorter than any pause between two passes: each pass looks for itself, and its lanes share what it saw. */
const shareMs = 300;

interface QueueSettings {
  readonly exists: boolean;
  readonly provable: boolean;
  readonly sources: QueueSources;
  /** But for where its dead letters lead. */
  readonly limits: ReturnType<typeof limitsOf>;
  readonly node: string | undefined;
  readonly shape: unknown;
  readonly listedConsumerCount: number | undefined;
  readonly ready: number | undefined;
  readonly unacked: number | undefined;
  readonly getCount: number | undefined;
  readonly isUntouched: boolean | undefined;
  readonly publishCount: number | undefined;
}

/** A queue whose node is down: the management API does not know it meanwhile, nor any binding to it. */
function awayReading(beganAtMs: number): QueueReading {
  return {
    beganAtMs,
    exists: true,
    isAway: true,
    bound: undefined,
    provable: true,
    limits: noLimits,
    shape: "away",
    consumerCount: undefined,
    readyCount: undefined,
    ready: undefined,
    unacked: undefined,
    getCount: undefined,
    publishCount: undefined,
    isUntouched: undefined,
    uptimeMs: undefined,
    statisticsLagMs: 0,
  };
}

interface LookSources {
  readonly management: ManagementClient;
  readonly vhost: string;
  readonly hide: ((name: string) => string) | undefined;
}

/** The questions of one reading, which is as old as the oldest answer it rests on. */
class Look {
  beganAtMs: number;
  readonly #management: ManagementClient;
  readonly #vhost: string;
  readonly #hide: LookSources["hide"];
  readonly #nowMs: () => number;

  constructor({ management, vhost, hide }: LookSources, nowMs: () => number) {
    this.#management = management;
    this.#vhost = vhost;
    this.#hide = hide;
    this.#nowMs = nowMs;
    this.beganAtMs = nowMs();
  }

  async readSettings(queue: string): Promise<QueueSettings | undefined> {
    const [entry, policies, operatorPolicies] = await Promise.all([
      this.#ask(`/queues/${this.#vhost}/${encodeURIComponent(queue.toWellFormed())}`),
      this.#ask(`/policies/${this.#vhost}`),
      this.#ask(`/operator-policies/${this.#vhost}`),
    ]);
    if (entry.kind === "unknown" || policies.kind !== "found" || operatorPolicies.kind !== "found") return undefined;
    const fields = entry.kind === "found" ? fieldsOf(entry.body) : {};
    const type = textOf(fields["type"]) ?? "classic";
    const inForce = [policies.body, operatorPolicies.body].map((body) => policyOf(parsePolicies(body), queue, type));
    return settingsOf(
      entry.kind === "found",
      fields,
      type,
      inForce.map((policy) => policy?.definition ?? {}),
    );
  }

  /** undefined = an exchange on the way could not be read. */
  async readRoute(from: Parameters<typeof findRoute>[0]): Promise<Route | undefined> {
    let isReadable = true;
    const lookUp = async (exchange: string): Promise<ExchangeFacts | undefined> => {
      const found = await this.#readExchange(exchange);
      if (found === "unknown") isReadable = false;
      return found === "unknown" ? undefined : found;
    };
    const route = await findRoute(from, lookUp, this.#hide);
    return isReadable ? route : undefined;
  }

  /** Whether what the queue throws away may go on. A dead-letter exchange that nothing is bound to throws it away too. */
  async leadsAnywhere(lane: Lane, sources: QueueSources): Promise<boolean> {
    const target = deadLetterTargetOf(sources);
    if (target === undefined) return false;
    const route = await this.readRoute({ exchange: target.exchange, routingKey: target.routingKey ?? lane.partition });
    return route?.bound !== false;
  }

  /** How long a node has been up; of a queue that was never read, of the only one there is. */
  async readUptime(node: string | undefined): Promise<number | undefined> {
    const answer = await this.#ask("/nodes?columns=name,uptime");
    const known = answer.kind === "found" ? listOf(answer.body).map(fieldsOf) : [];
    const own = node === undefined && known.length === 1 ? known[0] : known.find(({ name }) => name === node);
    return own === undefined ? undefined : countOf(own["uptime"]);
  }

  async #readExchange(exchange: string): Promise<ExchangeFacts | "unknown" | undefined> {
    const path = `/exchanges/${this.#vhost}/${encodeURIComponent(exchange.toWellFormed())}`;
    const [entry, bindings] = await Promise.all([this.#ask(path), this.#ask(`${path}/bindings/source`)]);
    if (entry.kind === "absent") return undefined;
    if (entry.kind === "unknown" || bindings.kind !== "found") return "unknown";
    const fields = fieldsOf(entry.body);
    // An alternate exchange can be set by the exchange's own argument or by a policy.
    const alternate =
      fieldsOf(fields["arguments"])["alternate-exchange"] ??
      fieldsOf(fields["effective_policy_definition"])["alternate-exchange"];
    return {
      type: textOf(fields["type"]) ?? "unknown",
      alternate: textOf(alternate),
      bindings: listOf(bindings.body).map(toBinding),
    };
  }

  /** Takes an answer into account, with its age. */
  async note<Value>(answer: Promise<Dated<Value>>): Promise<Value> {
    const { value, beganAtMs } = await answer;
    this.beganAtMs = Math.min(this.beganAtMs, beganAtMs);
    return value;
  }

  async #ask(path: string): Promise<ManagementAnswer> {
    return await this.note(this.#management.read(path, this.#nowMs));
  }
}

function settingsOf(exists: boolean, fields: Fields, type: string, policies: readonly Fields[]): QueueSettings {
  const given = fieldsOf(fields["arguments"]);
  const statistics = fieldsOf(fields["message_stats"]);
  const ready = countOf(fields["messages_ready"]);
  // Without any get the broker leaves the counters out; without statistics it leaves all of them out.
  const gets = [statistics["get"], statistics["get_no_ack"]].map((value) => countOf(value) ?? 0);
  const sources: QueueSources = {
    type,
    durable: fields["durable"] === true,
    goesWith: goesWith(fields),
    given,
    policies: [...policies, fieldsOf(fields["effective_policy_definition"])],
  };
  const limits = limitsOf(sources);
  return {
    exists,
    provable: (type === "classic" || type === "quorum") && given["x-max-priority"] === undefined,
    sources,
    limits,
    node: textOf(fields["node"]),
    shape: [exists, type, fields["durable"], fields["exclusive"], given, policies],
    listedConsumerCount: countOf(fields["consumers"]),
    ready,
    unacked: countOf(fields["messages_unacknowledged"]),
    publishCount: ready === undefined ? undefined : (countOf(statistics["publish"]) ?? 0),
    isUntouched: ready === undefined ? undefined : (countOf(statistics["deliver_get"]) ?? 0) === 0,
    getCount: ready === undefined ? undefined : gets.reduce((sum, each) => sum + each, 0),
  };
}

function goesWith(fields: Fields): QueueSources["goesWith"] {
  if (fields["exclusive"] === true) return "connection";
  return fields["auto_delete"] === true ? "last-consumer" : undefined;
}

function toBinding(entry: unknown): ExchangeFacts["bindings"][number] {
  const fields = fieldsOf(entry);
  return {
    destination: textOf(fields["destination"]) ?? "",
    toQueue: fields["destination_type"] === "queue",
    routingKey: textOf(fields["routing_key"]) ?? "",
    arguments: fieldsOf(fields["arguments"]),
  };
}
