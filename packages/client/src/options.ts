import type { Observer, Store } from "@seqwatch/core";
import { ClientError } from "./errors.ts";
import type { Host } from "./host.ts";

/** What a user may say about a client. Only `service` has no default. */
export interface ClientOptions {
  /** The name of the application, as people know it: `orders-api`. */
  readonly service: string;
  /** Where reports go; without one they stay in this process. */
  readonly store?: Store;
  /** The cluster's name where the broker's own cannot be seen; it wins over the broker's own. */
  readonly cluster?: string;
  /** What tells this process from others of the service; default `host:pid`. */
  readonly instance?: string;
  /** Where findings and notices go; default: one line each on stderr. */
  readonly observer?: Observer;
  /** False: nothing is watched at all. SEQWATCH_ENABLED=false wins over true. */
  readonly enabled?: boolean;
  /** A file that says `on` or `off`; read every second. Default: SEQWATCH_RECORDING_FILE. */
  readonly recordingFile?: string;
  /** How often producers report, and consumers at rest; default 1,000. */
  readonly reportEveryMs?: number;
  /** How often consumers report under load; default 200. */
  readonly reportUnderLoadEveryMs?: number;
  /** Clock, timers, randomness; default: the machine's own. */
  readonly host?: Host;
}

/** The options with every default filled in. */
export interface Settings {
  readonly service: string;
  readonly cluster: string | undefined;
  readonly instance: string;
  readonly isEnabled: boolean;
  readonly recordingFile: string | undefined;
  readonly reportEveryMs: number;
  readonly reportUnderLoadEveryMs: number;
}

/** Checks the options and fills in the defaults; throws a `ClientError` that names the setting and its value. */
export function parseOptions(options: ClientOptions, host: Host): Settings {
  checkPort("store", options.store, ["reportLedger", "signClient", "watchSwitch"], "what redisStore(url) returns");
  checkPort("observer", options.observer, ["finding", "notice"], "an object with finding() and notice()");
  return {
    service: text("service", options.service),
    cluster: options.cluster === undefined ? undefined : text("cluster", options.cluster),
    instance: options.instance === undefined ? `${host.hostName}:${host.pid}` : text("instance", options.instance),
    isEnabled: flag("enabled", options.enabled ?? true) && enabledByEnv(host.env["SEQWATCH_ENABLED"]),
    recordingFile: pathOf(options.recordingFile, host.env["SEQWATCH_RECORDING_FILE"]),
    reportEveryMs: milliseconds("reportEveryMs", options.reportEveryMs ?? 1_000),
    reportUnderLoadEveryMs: milliseconds("reportUnderLoadEveryMs", options.reportUnderLoadEveryMs ?? 200),
  };
}

const maxTextLength = 200;

function text(name: string, value: unknown): string {
  if (typeof value === "string" && value.length > 0 && value.length <= maxTextLength) return value;
  throw badOption(name, value, `a text of 1 to ${maxTextLength} characters`);
}

function checkPort(name: string, value: unknown, methods: readonly string[], allowed: string): void {
  if (value === undefined) return;
  const has = (method: string): boolean =>
    typeof value === "object" && value !== null && typeof Reflect.get(value, method) === "function";
  if (!methods.every(has)) throw badOption(name, value, allowed);
}

function flag(name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw badOption(name, value, "true or false");
}

function milliseconds(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 10 && value <= 60_000) return value;
  throw badOption(name, value, "a whole number from 10 to 60000");
}

function enabledByEnv(value: string | undefined): boolean {
  if (value === undefined || value === "") return true;
  const parsed = parseOnOff(value);
  if (parsed !== undefined) return parsed;
  throw badOption("SEQWATCH_ENABLED", value, "true or false");
}

function pathOf(option: unknown, env: string | undefined): string | undefined {
  if (option !== undefined) {
    if (typeof option === "string" && option.length > 0) return option;
    throw badOption("recordingFile", option, "the path of a file");
  }
  return env === undefined || env === "" ? undefined : env;
}

/** `on`, `true`, `1` or `off`, `false`, `0`, in any case and with space around; undefined for anything else. */
export function parseOnOff(value: string): boolean | undefined {
  switch (value.trim().toLowerCase()) {
    case "on":
    case "true":
    case "1":
      return true;
    case "off":
    case "false":
    case "0":
      return false;
    default:
      return undefined;
  }
}

/** One options object may serve several adapters, so each of them knows the names of all. */
const optionNames: ReadonlySet<string> = new Set([
  "service",
  "store",
  "cluster",
  "instance",
  "observer",
  "enabled",
  "recordingFile",
  "reportEveryMs",
  "reportUnderLoadEveryMs",
  "host",
  "client",
  "reference",
  "referenceCount",
  "onAckMissing",
  "onDuplicate",
  "maxDisorder",
  "stampBatchBytes",
  "vhost",
  "partitionBy",
  "confirmWithinMs",
  "hideNames",
]);

/** Refuses what is no options object, and misspelt names: a setting that is silently not there is worse than an error. */
export function checkOptionNames(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw badOption("options", options, 'an object that names at least the service: { service: "orders-api" }');
  }
  for (const [name, value] of Object.entries(options)) {
    if (!optionNames.has(name))
      throw badOption(name, value, `left out: the options are ${[...optionNames].join(", ")}`);
  }
}

/** The one wording of a wrong setting, for adapters too. */
export function badOption(name: string, value: unknown, allowed: string): ClientError {
  return new ClientError("BAD_OPTION", `${name} is ${describe(value)}, but has to be ${allowed}.`);
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (value === null || value === undefined) return "missing";
  return `of type ${typeof value}`;
}
