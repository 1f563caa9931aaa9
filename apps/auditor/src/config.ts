import { parseArgs } from "node:util";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { isLoopback } from "./api/loopback.ts";
import { AuditorError } from "./errors.ts";
import { type Settings, settingsSchema } from "./settings.ts";

/** Settings as they were given, before they are checked. */
export type GivenSettings = Readonly<Record<string, unknown>>;

/**
 * Settings from the environment and from flags, which win: `SEQWATCH_REDIS_URL` and `--redis-url` are `redisUrl`.
 * Throws an AuditorError that names the setting, the value and what is allowed.
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  args: readonly string[] = [],
): Settings {
  const flags = parseFlags(args);
  const given: Record<string, unknown> = {};
  for (const [name, schema] of properties) {
    const text = flags[flagOf(name)] ?? environment[variableOf(name)];
    // A variable that is set to nothing is not set: that is how compose files leave one out.
    if (text !== undefined && text !== "") given[name] = parseText(schema, text);
  }
  given["otlpEndpoint"] ??= environment["OTEL_EXPORTER_OTLP_ENDPOINT"];
  given["otlpProtocol"] ??= environment["OTEL_EXPORTER_OTLP_PROTOCOL"];
  return completeSettings(given);
}

/** Fills in the defaults and checks the whole. Throws as `readSettings` does. */
export function completeSettings(given: GivenSettings): Settings {
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const settings: unknown = Value.Default(settingsSchema, named);
  if (!Value.Check(settingsSchema, settings)) throw explain(named);
  checkTogether(settings);
  return settings;
}

/** One line a setting: flag, environment variable, what it is for, and the default. */
export function describeSettings(): string {
  return properties
    .map(([name, schema]) => {
      const about: unknown = Reflect.get(schema, "description");
      const fallback: unknown = Reflect.get(schema, "default");
      const end = fallback === undefined ? "" : ` (${JSON.stringify(fallback)})`;
      return `  --${flagOf(name).padEnd(24)} ${variableOf(name).padEnd(34)} ${String(about)}${end}`;
    })
    .join("\n");
}

const properties: readonly (readonly [string, TSchema])[] = Object.entries(settingsSchema.properties);

function parseFlags(args: readonly string[]): Readonly<Record<string, string | undefined>> {
  const options = Object.fromEntries(properties.map(([name]) => [flagOf(name), { type: "string" as const }]));
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new AuditorError("CONFIG_INVALID", `${said}\nThe settings are:\n${describeSettings()}`, { cause: error });
  }
}

/** What cannot be read as the type it should have stays a text, and the check then names it. */
function parseText(schema: TSchema, text: string): unknown {
  switch (Reflect.get(schema, "type")) {
    case "integer":
      return /^\d{1,15}$/.test(text.trim()) ? Number(text) : text;
    case "boolean":
      return (
        new Map<string, boolean>([
          ["true", true],
          ["1", true],
          ["false", false],
          ["0", false],
        ]).get(text) ?? text
      );
    case "array":
      return text.split(",").map((word) => word.trim());
    default:
      return text;
  }
}

function explain(given: GivenSettings): AuditorError {
  const wrong = Object.entries(given).flatMap(([name, value]) => {
    const schema = properties.find(([known]) => known === name)?.[1];
    if (schema === undefined) return [`There is no setting ${name}.`];
    if (Value.Check(schema, value)) return [];
    const shown = isSecret(name) ? "(hidden)" : JSON.stringify(value);
    return [`${name} (${variableOf(name)}, --${flagOf(name)}) is ${shown}; allowed is ${allowedBy(schema)}.`];
  });
  return new AuditorError("CONFIG_INVALID", wrong.join("\n"));
}

function allowedBy(schema: TSchema): string {
  const at = (key: string): unknown => Reflect.get(schema, key);
  const words = at("enum");
  if (Array.isArray(words)) return words.join(", ");
  switch (at("type")) {
    case "integer":
      return `a whole number from ${String(at("minimum"))} to ${String(at("maximum"))}`;
    case "boolean":
      return "true or false";
    case "array":
      return `${String(at("minItems"))} to ${String(at("maxItems"))} entries, parted by commas`;
    default:
      return `a text of ${String(at("minLength"))} to ${String(at("maxLength"))} characters`;
  }
}

/** What a single setting's schema cannot say. */
function checkTogether(settings: Settings): void {
  const refuse = (text: string): never => {
    throw new AuditorError("CONFIG_INVALID", text);
  };
  if (!isLoopback(settings.auditorHost) && settings.token === undefined)
    refuse(
      `auditorHost is "${settings.auditorHost}", which others can reach: set SEQWATCH_TOKEN to at least 16 characters, or listen at 127.0.0.1.`,
    );
  if ((settings.kafkaSaslMechanism === undefined) !== (settings.kafkaUsername === undefined))
    refuse("kafkaSaslMechanism and kafkaUsername (with kafkaPassword) belong together: set both or none.");
  if ((settings.kafkaTlsCert === undefined) !== (settings.kafkaTlsKey === undefined))
    refuse("kafkaTlsCert and kafkaTlsKey belong together: set both or none.");
  if (!settings.kafkaTls && settings.kafkaTlsCert !== undefined)
    refuse("kafkaTlsCert is set and kafkaTls is not: set SEQWATCH_KAFKA_TLS=true.");
  checkUrl("redisUrl", settings.redisUrl, ["redis:", "rediss:"]);
  checkUrl("amqpUrl", settings.amqpUrl, ["amqp:", "amqps:"]);
  checkUrl("amqpManagementUrl", settings.amqpManagementUrl, ["http:", "https:"]);
  checkUrl("otlpEndpoint", settings.otlpEndpoint, ["http:", "https:"]);
  if (settings.amqpManagementUrl !== undefined && settings.amqpUrl === undefined)
    refuse("amqpManagementUrl is set and amqpUrl is not: consumers are counted over AMQP, so both are needed.");
}

function checkUrl(name: string, text: string | undefined, protocols: readonly string[]): void {
  if (text === undefined || (URL.canParse(text) && protocols.includes(new URL(text).protocol))) return;
  const allowed = protocols.map((protocol) => `${protocol}//`).join(" or ");
  throw new AuditorError("CONFIG_INVALID", `${name} (${variableOf(name)}) is no URL that begins with ${allowed}.`);
}

/** URLs hold passwords too. */
function isSecret(name: string): boolean {
  return /token|password|secret|url$/i.test(name);
}

function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function variableOf(name: string): string {
  return `SEQWATCH_${flagOf(name).replaceAll("-", "_").toUpperCase()}`;
}
