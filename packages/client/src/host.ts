import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { onProcessEnd } from "./process-end.ts";

/**
 * What a client needs of the machine it runs on: clocks, timers, randomness, a file, the end of the process. A
 * simulator gives another one and so drives a whole client in virtual time.
 */
export interface Host {
  /** Monotonic milliseconds; only differences mean anything. */
  nowMs(): number;
  /** Milliseconds since 1970; for people and for rules that end at a time of day. */
  wallMs(): number;
  /** Runs once after the delay and never keeps the process alive. The returned function cancels. */
  after(delayMs: number, run: () => void): () => void;
  /** As `after`, but holds the process until it ran or was cancelled: only for the one flush at the end. */
  hold(delayMs: number, run: () => void): () => void;
  randomBytes(count: number): Uint8Array;
  /** The text of a file, or undefined when there is none. */
  readText(path: string): Promise<string | undefined>;
  /** One line for people. */
  writeLine(line: string): void;
  /** `idle` runs once when nothing is left to do, `exit` runs synchronously at the very end. Returns the way out. */
  onEnd(hooks: { readonly idle: () => void; readonly exit: () => void }): () => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostName: string;
  readonly pid: number;
}

/** The machine itself. */
export function createSystemHost(): Host {
  return {
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      timer.unref();
      return () => clearTimeout(timer);
    },
    hold: (delayMs, run) => {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    randomBytes: (count) => randomBytes(count),
    readText: readTextIfThere,
    writeLine: (line) => void process.stderr.write(`${line}\n`),
    onEnd: onProcessEnd,
    env: process.env,
    hostName: hostname(),
    pid: process.pid,
  };
}

/** The one host of this process: clients that share it share its memory, too. */
export const systemHost: Host = createSystemHost();

async function readTextIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
