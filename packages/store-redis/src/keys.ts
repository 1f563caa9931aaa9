import { type Lane, laneKeyOf } from "@seqwatch/core";

/** The names of all keys. What one script touches bears one hash tag, so that it lies in one slot of a cluster. */
export interface Keys {
  /** Set of the keys of all lanes, as `laneKeyOf` writes them. */
  readonly lanes: string;
  /** Where lanes are announced that are worth a look at once. */
  readonly lanesChannel: string;
  /** Set of the ids of all clients. */
  readonly clients: string;
  readonly findings: string;
  readonly findingsOrder: string;
  /** Which auditor looks after which lanes. */
  readonly leases: string;
  readonly switch: string;
  readonly switchChannel: string;
  lane(lane: Lane): string;
  /** From a member of `lanes`. */
  laneOf(laneKey: string): string;
  client(clientId: string): string;
  queue(cluster: string, queue: string): string;
}

export function keysOf(prefix: string): Keys {
  const laneOf = (laneKey: string): string => `${prefix}:{${laneKey}}`;
  return {
    lanes: `${prefix}:lanes`,
    lanesChannel: `${prefix}:lanes:announced`,
    clients: `${prefix}:clients`,
    findings: `${prefix}:{findings}`,
    findingsOrder: `${prefix}:{findings}:order`,
    leases: `${prefix}:{findings}:leases`,
    switch: `${prefix}:switch`,
    switchChannel: `${prefix}:switch:changed`,
    lane: (lane) => laneOf(laneKeyOf(lane)),
    laneOf,
    client: (clientId) => `${prefix}:client:${encodePart(clientId)}`,
    queue: (cluster, queue) => `${prefix}:{queue/${encodePart(cluster)}/${encodePart(queue)}}`,
  };
}

/** A text without any of the marks that our keys and fields are split at. */
export function encodePart(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** The text that `encodePart` wrote; undefined for another. */
export function decodePart(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
