import { type DeathReason, deathReasons, type Lane, laneHashOf } from "@seqwatch/core";
import { isObject } from "./ports.ts";

/**
 * The lane in which a message first came to this queue, where dead-lettering has brought it back under another routing
 * key (retry by a waiting queue): `x-death` names the exchange and keys with which each queue had it. Undefined unless
 * this queue is among them and the lane is the one that the stamp names.
 */
export function originOf(
  headers: Readonly<Record<string, unknown>> | undefined,
  at: { readonly cluster: string; readonly queue: string; readonly laneHash: string },
  partitionOf: (exchange: string, routingKey: string) => string,
): Lane | undefined {
  const deaths = headers?.["x-death"];
  if (!Array.isArray(deaths)) return undefined;
  for (const death of deaths.slice(0, maxDeaths)) {
    if (!isObject(death) || death["queue"] !== at.queue) continue;
    const exchange = death["exchange"];
    const keys = death["routing-keys"];
    const key: unknown = Array.isArray(keys) ? keys[0] : undefined;
    if (typeof exchange !== "string" || typeof key !== "string") continue;
    const partition = partitionOf(exchange, key);
    const lane: Lane = { system: "rabbitmq", cluster: at.cluster, destination: exchange, partition };
    if (laneHashOf(lane) === at.laneHash) return lane;
  }
  return undefined;
}

/** A queue that a message died in, in the lane that its stamp names. */
export interface Death {
  readonly lane: Lane;
  readonly queue: string;
  readonly reason: DeathReason;
}

/** Where `x-death` says that a message died. */
export function deathsOf(
  headers: Readonly<Record<string, unknown>> | undefined,
  at: { readonly cluster: string; readonly laneHash: string },
  partitionOf: (exchange: string, routingKey: string) => string,
): readonly Death[] {
  const entries = headers?.["x-death"];
  if (!Array.isArray(entries)) return [];
  return entries.slice(0, maxDeaths).flatMap((entry: unknown): readonly Death[] => {
    if (!isObject(entry)) return [];
    const { exchange, queue, reason: word } = entry;
    const keys: unknown = entry["routing-keys"];
    const key: unknown = Array.isArray(keys) ? keys[0] : undefined;
    const reason = deathReasons.find((known) => known === word);
    if (typeof exchange !== "string" || typeof queue !== "string" || typeof key !== "string") return [];
    if (reason === undefined) return [];
    const partition = partitionOf(exchange, key);
    const lane: Lane = { system: "rabbitmq", cluster: at.cluster, destination: exchange, partition };
    return laneHashOf(lane) === at.laneHash ? [{ lane, queue, reason }] : [];
  });
}

/** One entry for each queue and reason that a message has died by. */
const maxDeaths = 32;

/** Whether nothing about a message shows that it was delivered before. */
export function isFirstDelivery(redelivered: unknown, headers: Readonly<Record<string, unknown>> | undefined): boolean {
  if (redelivered === true) return false;
  if (headers === undefined) return true;
  const count = headers["x-delivery-count"];
  if (typeof count === "number" && count > 0) return false;
  const deaths = headers["x-death"];
  return !Array.isArray(deaths) || deaths.length === 0;
}
