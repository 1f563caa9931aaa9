import type { RedisClient } from "./redis-client.ts";

/** Sections of INFO as their `name:value` lines. */
export function parseInfo(reply: unknown): ReadonlyMap<string, string> {
  const facts = new Map<string, string>();
  for (const line of typeof reply === "string" ? reply.split(/\r?\n/) : []) {
    const colon = line.indexOf(":");
    if (colon > 0) facts.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return facts;
}

/**
 * A text that is another one when a master restarted or another one took over: writes that were answered may be gone
 * then. Of a cluster it names every master.
 */
export function lifeOf(masters: readonly ReadonlyMap<string, string>[]): string {
  const lives = masters.map((facts) => `${facts.get("run_id") ?? "?"}:${facts.get("master_replid") ?? "?"}`);
  return lives.sort().join(",");
}

/** What is wrong with a server's settings, in words for people. */
export function warningsOf(facts: ReadonlyMap<string, string>): readonly string[] {
  const warnings: string[] = [];
  const policy = facts.get("maxmemory_policy");
  const version = facts.get("redis_version") ?? "";
  if (policy !== undefined && policy !== "noeviction")
    warnings.push(
      `Redis' maxmemory-policy is ${policy}: it may evict what was testified, which then counts as unknown. ` +
        "Set it to noeviction.",
    );
  if (isBelow(version, [6, 2])) warnings.push(`Redis ${version} is older than 6.2, the oldest that is tested.`);
  if (facts.get("role") === "slave") warnings.push("This Redis is a replica. Give the URL of the master.");
  return warnings;
}

/** The nodes that hold the data: the masters of a cluster, or the one server. */
export function mastersOf(client: RedisClient): readonly Pick<RedisClient, "call">[] {
  return client.nodes?.("master") ?? [client];
}

function isBelow(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ours = 0, oursMinor = 0] = version.split(".").map(Number);
  return version !== "" && (ours < major || (ours === major && oursMinor < minor));
}
