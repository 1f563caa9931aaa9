/** Something to be copied: a line for a shell, or JavaScript for the application. */
export interface Command {
  readonly language: "sh" | "js";
  readonly text: string;
}

/** One partition of a topic, for commands that need it. */
export interface KafkaPlace {
  /** HOST:PORT,…; undefined = the person's own variable stands in for it. */
  readonly brokers: string | undefined;
  readonly topic: string;
  readonly partition: string;
}

/** A word as a POSIX shell reads it back, whatever it holds: names of queues and keys are written by others. */
export function quoteForShell(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  // What a terminal would obey, or hide, is written as an escape, which needs the other kind of quotes.
  if (!/\p{C}/u.test(word)) return `'${word.replaceAll("'", `'\\''`)}'`;
  const escaped = word.replace(/[\\']/g, String.raw`\$&`).replace(/\p{C}/gu, escapeForShell);
  return `$'${escaped}'`;
}

/** Sets an inactive group back, so that it gets the offset and all that follows once more. */
export function resetGroup({ brokers, topic, partition }: KafkaPlace, group: string, offset: number): Command {
  return shell("kafka-consumer-groups.sh", [
    ["--bootstrap-server", bootstrapOf(brokers)],
    ["--group", quoteForShell(group)],
    ["--topic", quoteForShell(`${topic}:${partition}`)],
    ["--reset-offsets --to-offset", String(offset)],
    ["--execute"],
  ]);
}

/** Sets a running consumer back: it works without stopping the group. */
export function seekConsumer({ topic, partition }: KafkaPlace, offset: number): Command {
  const place = `{ topic: ${JSON.stringify(topic)}, partition: ${Number(partition)}, offset: "${offset}" }`;
  return { language: "js", text: `consumer.seek(${place});` };
}

/** Shows who is in a group, how far it is, and what waits for it. */
export function describeGroup(brokers: string | undefined, group: string, what?: "members"): Command {
  return shell("kafka-consumer-groups.sh", [
    ["--bootstrap-server", bootstrapOf(brokers)],
    ["--group", quoteForShell(group)],
    [what === undefined ? "--describe" : `--describe --${what}`],
  ]);
}

/** Shows the records at some offsets, with their headers, and leaves nothing behind at the broker. */
export function showRecords({ brokers, topic, partition }: KafkaPlace, low: number, high: number): Command {
  return shell("kafka-console-consumer.sh", [
    ["--bootstrap-server", bootstrapOf(brokers)],
    ["--topic", quoteForShell(topic)],
    ["--partition", partition],
    ["--offset", String(low)],
    ["--max-messages", String(Math.min(maxRecordsShown, high - low + 1))],
    ["--timeout-ms", "5000"],
    ["--property print.offset=true --property print.headers=true"],
  ]);
}

/** Sets properties of a topic. */
export function configureTopic({ brokers, topic }: KafkaPlace, config: Readonly<Record<string, string>>): Command {
  const settings = Object.entries(config).map(([name, value]) => `${name}=${value}`);
  return shell("kafka-configs.sh", [
    ["--bootstrap-server", bootstrapOf(brokers)],
    ["--entity-type topics --entity-name", quoteForShell(topic)],
    ["--alter --add-config", quoteForShell(settings.join(","))],
  ]);
}

/** Shows the properties of a topic. */
export function describeTopic({ brokers, topic }: KafkaPlace): Command {
  return shell("kafka-configs.sh", [
    ["--bootstrap-server", bootstrapOf(brokers)],
    ["--entity-type topics --entity-name", quoteForShell(topic)],
    ["--describe --all"],
  ]);
}

/** Shows the partitions of a topic, with who leads and who holds each. */
export function describePartitions({ brokers, topic }: KafkaPlace): Command {
  return shell("kafka-topics.sh", [
    ["--bootstrap-server", bootstrapOf(brokers)],
    ["--topic", quoteForShell(topic)],
    ["--describe"],
  ]);
}

/** Puts a policy on one RabbitMQ queue or exchange. */
export function setPolicy(
  kind: "queues" | "exchanges",
  of: { readonly virtualHost: string; readonly name: string },
  definition: Readonly<Record<string, string | number>>,
): Command {
  const pattern = `^${of.name.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}$`;
  return shell("rabbitmqctl", [
    ["set_policy", "-p", quoteForShell(of.virtualHost)],
    ["--apply-to", kind],
    [quoteForShell(`keep-${of.name}`), quoteForShell(pattern), quoteForShell(JSON.stringify(definition))],
  ]);
}

/** Shows what limits the queues of a virtual host, and what waits in them. */
export function listQueues(virtualHost: string): Command {
  const columns = "name durable arguments policy effective_policy_definition messages consumers";
  return shell("rabbitmqctl", [["list_queues", "-p", quoteForShell(virtualHost)], [columns]]);
}

/** Shows which queues an exchange's keys lead to. */
export function listBindings(virtualHost: string): Command {
  return shell("rabbitmqctl", [
    ["list_bindings", "-p", quoteForShell(virtualHost)],
    ["source_name routing_key destination_name"],
  ]);
}

/** As many records as a person reads. */
const maxRecordsShown = 100;

function bootstrapOf(brokers: string | undefined): string {
  return brokers === undefined ? '"$KAFKA_BROKERS"' : quoteForShell(brokers);
}

function shell(program: string, words: readonly (readonly string[])[]): Command {
  return { language: "sh", text: [program, ...words.map((part) => part.join(" "))].join(" ") };
}

function escapeForShell(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}
