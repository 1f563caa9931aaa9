import type { ClientSign, ClientStanding } from "@seqwatch/core";

/**
 * How clients stand, by their life signs and one's own monotonic clock: no clock of theirs decides anything. A client
 * whose number has not risen for `limitMs` is silent; one that is seen for the first time is alive.
 */
export class Standings {
  readonly #limitMs: number;
  readonly #seen = new Map<string, { number: number; atMs: number }>();

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  of(signs: readonly ClientSign[], nowMs: number): ReadonlyMap<string, ClientStanding> {
    const standings = new Map<string, ClientStanding>();
    for (const sign of signs) standings.set(sign.clientId, this.#standingOf(sign, nowMs));
    for (const clientId of this.#seen.keys()) if (!standings.has(clientId)) this.#seen.delete(clientId);
    return standings;
  }

  #standingOf({ clientId, number, state }: ClientSign, nowMs: number): ClientStanding {
    const seen = this.#seen.get(clientId);
    if (seen === undefined || number > seen.number) this.#seen.set(clientId, { number, atMs: nowMs });
    if (state !== "open") return state;
    return seen !== undefined && number <= seen.number && nowMs - seen.atMs >= this.#limitMs ? "silent" : "alive";
  }
}
