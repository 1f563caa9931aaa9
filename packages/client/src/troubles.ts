import type { Finding, Notice, Observer } from "@seqwatch/core";
import type { Host } from "./host.ts";

/**
 * The way out for everything that a person may want to know. An observer that throws is counted and goes on being
 * called; the same internal error is told once in ten seconds, with how many there were meanwhile.
 */
export class Troubles {
  readonly #observer: Observer;
  readonly #host: Host;
  readonly #told = new Map<string, { atMs: number; silencedCount: number }>();
  /** Failures of ours in the client's life, those of the observer included. */
  errorCount = 0;

  constructor(observer: Observer, host: Host) {
    this.#observer = observer;
    this.#host = host;
  }

  notice(notice: Notice): void {
    try {
      this.#observer.notice(notice);
    } catch {
      this.errorCount += 1;
    }
  }

  finding(finding: Finding): void {
    try {
      this.#observer.finding(finding);
    } catch {
      this.errorCount += 1;
    }
  }

  /** Something of ours failed; the user's messages go on as if nothing had happened. */
  failed(where: string, error: unknown): void {
    this.errorCount += 1;
    const nowMs = this.#host.nowMs();
    const told = this.#told.get(where);
    if (told !== undefined && nowMs - told.atMs < repeatAfterMs) {
      told.silencedCount += 1;
      return;
    }
    if (this.#told.size >= maxPlaces) this.#told.clear();
    this.#told.set(where, { atMs: nowMs, silencedCount: 0 });
    const silenced = told === undefined || told.silencedCount === 0 ? "" : ` (and ${told.silencedCount} times before)`;
    this.notice({ kind: "internal-error", where: `${where}${silenced}`, error });
  }
}

const repeatAfterMs = 10_000;
const maxPlaces = 100;
