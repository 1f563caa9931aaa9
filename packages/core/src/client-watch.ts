import type { Instance } from "./finding.ts";
import type { ClientStanding } from "./judge.ts";
import type { ClientSign } from "./store.ts";

interface WatchedClient {
  readonly sign: ClientSign;
  /** Reachable time at which its number was seen to change. */
  readonly signedAtMs: number;
}

/** What the auditor has seen of the clients' life signs. */
export interface ClientWatch {
  /** Time during which the store was reachable, as the auditor's own monotonic clock counts it. */
  readonly reachableMs: number;
  /** When the store last answered; undefined = it did not answer the last time. */
  readonly answeredAtMs: number | undefined;
  readonly clients: ReadonlyMap<string, WatchedClient>;
}

export const noClients: ClientWatch = { reachableMs: 0, answeredAtMs: undefined, clients: new Map() };

/** A client that is not heard of for so long is forgotten. */
const forgetMs = 2 * 3_600_000;

/** One look at all signs. No clock of a client or of the store has a say: only that a number changed. */
export function lookAtClients(watch: ClientWatch, signs: readonly ClientSign[], nowMs: number): ClientWatch {
  const reachableMs = watch.reachableMs + (watch.answeredAtMs === undefined ? 0 : nowMs - watch.answeredAtMs);
  const clients = new Map<string, WatchedClient>();
  for (const sign of signs) {
    const before = watch.clients.get(sign.clientId);
    const signedAtMs = before === undefined || before.sign.number !== sign.number ? reachableMs : before.signedAtMs;
    clients.set(sign.clientId, { sign, signedAtMs });
  }
  // A sign that the store lost or let expire does not make the client vanish: it falls silent.
  for (const [clientId, client] of watch.clients) {
    if (!clients.has(clientId) && reachableMs - client.signedAtMs < forgetMs) clients.set(clientId, client);
  }
  return { reachableMs, answeredAtMs: nowMs, clients };
}

/** The store did not answer: that time counts against no client. */
export function storeUnreachable(watch: ClientWatch): ClientWatch {
  return { ...watch, answeredAtMs: undefined };
}

/** How each client stands. One that went off and then died is silent, for that is what others must doubt. */
export function standingsOf(watch: ClientWatch, lifeSignMs: number): ReadonlyMap<string, ClientStanding> {
  const standings = new Map<string, ClientStanding>();
  for (const [clientId, { sign, signedAtMs }] of watch.clients) {
    if (sign.state === "closed") standings.set(clientId, "closed");
    else if (watch.reachableMs - signedAtMs >= lifeSignMs) standings.set(clientId, "silent");
    else standings.set(clientId, sign.state === "off" ? "off" : "alive");
  }
  return standings;
}

/** Who is behind each client id, for people. */
export function instancesOf(watch: ClientWatch): ReadonlyMap<string, Instance> {
  return new Map(
    [...watch.clients].map(([clientId, { sign }]) => {
      const { service, instance, pid } = sign;
      return [clientId, { clientId, service, instance, pid }];
    }),
  );
}

/** Names of services by client, for people. */
export function servicesOf(watch: ClientWatch): ReadonlyMap<string, string> {
  return new Map([...watch.clients].map(([clientId, { sign }]) => [clientId, sign.service]));
}

/** The clients that switched themselves off and still live: what passes through them nobody testifies about. */
export function offByThemselves(
  watch: ClientWatch,
  standings: ReadonlyMap<string, ClientStanding>,
): readonly ClientSign[] {
  const signs = [...watch.clients.values()].map(({ sign }) => sign);
  return signs.filter(({ clientId, offByItself }) => offByItself !== undefined && standings.get(clientId) === "off");
}
