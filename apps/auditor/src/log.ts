import pino from "pino";
import type { Settings } from "./settings.ts";

/** The part of pino that is used. */
export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** JSON lines on standard output. */
export function createLog(level: Settings["logLevel"]): Log {
  return pino({ name: "seqwatch-auditor", level });
}

/**
 * A log of troubles that may come back with every pass: each kind is said at once, then at most once a minute, with how
 * often it happened meanwhile. Time is a parameter.
 */
export class TroubleLog {
  readonly #nowMs: () => number;
  readonly #troubles = new Map<string, { saidAtMs: number; since: number }>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Says it, unless it was said within the last minute. */
  tell(kind: string, say: (repeats: number) => void): void {
    const nowMs = this.#nowMs();
    const known = this.#troubles.get(kind);
    if (known !== undefined && nowMs - known.saidAtMs < quietMs) {
      known.since++;
      return;
    }
    if (this.#troubles.size >= maxKinds) this.#troubles.clear();
    this.#troubles.set(kind, { saidAtMs: nowMs, since: 0 });
    say(known?.since ?? 0);
  }
}

const quietMs = 60_000;
const maxKinds = 1_000;
