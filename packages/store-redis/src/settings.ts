import type { RedisOptions } from "ioredis";
import type { RedisClient } from "./redis-client.ts";
import { StoreError } from "./store-error.ts";

/** How the store reaches Redis, and how long it keeps what it is told. Give `url`, `connection` or `client`. */
export interface RedisStoreOptions {
  /** `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS. */
  readonly url?: string;
  /** Options of ioredis for what a URL cannot say (Sentinel, certificates). How it fails is ours to set. */
  readonly connection?: RedisOptions;
  /** Your own ioredis client or cluster. It stays yours: the store neither configures nor closes it. */
  readonly client?: RedisClient;
  /** Begins every key. Default "seqwatch". */
  readonly prefix?: string;
  /** A lane that nobody writes to is forgotten after so long. Default 7 days. */
  readonly ttlMs?: number;
  /** A command without an answer is given up after so long. Default 1,000. */
  readonly commandTimeoutMs?: number;
  /** Whether an open connection keeps the process alive. Default false. */
  readonly keepsProcessAlive?: boolean;
}

export interface Settings {
  readonly connection: RedisOptions;
  readonly client: RedisClient | undefined;
  readonly prefix: string;
  readonly ttlMs: number;
  readonly commandTimeoutMs: number;
  readonly keepsProcessAlive: boolean;
  /** Where Redis is, for messages; without user and password. */
  readonly where: string;
}

const hourMs = 3_600_000;

/** Checks what the user gave; what cannot work is said at once. */
export function toSettings(given: string | RedisStoreOptions | undefined): Settings {
  // Without types an unset variable arrives here as undefined.
  const options = typeof given === "string" ? { url: given } : (given ?? {});
  const ways = [options.url, options.connection, options.client].filter((way) => way !== undefined);
  if (ways.length !== 1)
    throw badOption("url, connection, client", `${ways.length} of them`, "exactly one of them, e.g. redis://127.0.0.1");
  const { connection, where } = connectionOf(options);
  return {
    connection,
    where,
    client: options.client,
    prefix: prefixOf(options.prefix ?? "seqwatch"),
    ttlMs: integerOf("ttlMs", options.ttlMs ?? 7 * 24 * hourMs, hourMs / 60, 365 * 24 * hourMs),
    commandTimeoutMs: integerOf("commandTimeoutMs", options.commandTimeoutMs ?? 1_000, 10, 60_000),
    keepsProcessAlive: options.keepsProcessAlive ?? false,
  };
}

function connectionOf(options: RedisStoreOptions): { readonly connection: RedisOptions; readonly where: string } {
  if (options.url !== undefined) return fromUrl(options.url);
  if (options.connection === undefined) return { connection: {}, where: "the given Redis client" };
  const { host = "localhost", port = 6379, path, sentinels } = options.connection;
  const where = sentinels ? `the Sentinels of ${options.connection.name ?? "?"}` : (path ?? `${host}:${port}`);
  return { connection: options.connection, where };
}

function fromUrl(text: string): { readonly connection: RedisOptions; readonly where: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const allowed = "redis://[user:password@]host[:port][/database] or rediss://… for TLS";
  if (url === undefined || !["redis:", "rediss:"].includes(url.protocol) || url.hostname === "")
    throw badOption("url", JSON.stringify(withoutPassword(text)), allowed);
  const database = url.pathname.replace(/^\//, "");
  if (!/^\d*$/.test(database)) throw badOption("url", `the database ${JSON.stringify(database)}`, allowed);
  const port = url.port === "" ? 6379 : Number(url.port);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const connection: RedisOptions = {
    host,
    port,
    db: Number(database),
    ...(url.username === "" ? {} : { username: decoded("user", url.username) }),
    ...(url.password === "" ? {} : { password: decoded("password", url.password) }),
    ...(url.protocol === "rediss:" ? { tls: {} } : {}),
  };
  return { connection, where: `${host}:${port}` };
}

/** The text itself stays unsaid: it may be the password. */
function decoded(part: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badOption("url", `a text whose ${part} has a bare %`, "%25 for each % in user and password");
  }
}

function prefixOf(prefix: string): string {
  if (/^[\w.:-]{1,64}$/.test(prefix)) return prefix;
  throw badOption("prefix", JSON.stringify(prefix), "1 to 64 of letters, digits and . _ : -");
}

function integerOf(name: string, value: number, lowest: number, highest: number): number {
  if (Number.isInteger(value) && value >= lowest && value <= highest) return value;
  throw badOption(name, String(value), `a whole number from ${lowest} to ${highest}`);
}

function badOption(name: string, value: string, allowed: string): StoreError {
  return new StoreError("STORE_BAD_OPTION", `The Redis store cannot use ${name} = ${value}. Allowed: ${allowed}.`);
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^@/]*@/, "//…@");
}
