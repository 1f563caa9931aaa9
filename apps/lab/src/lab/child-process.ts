import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { LabError } from "../lab-error.ts";
import type { Birth } from "./self.ts";
import { until } from "./until.ts";

const endLimitMs = 10_000;

/** A process of a row, seen by its play. */
export class Child {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #told: unknown[] = [];
  #failure: string | undefined;
  #complaints = "";

  constructor(birth: Birth) {
    this.#name = `${birth.scenarioId}'s ${birth.process}`;
    this.#process = fork(fileURLToPath(new URL("child.ts", import.meta.url)), [], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#ended = once(this.#process, "exit");
    this.#process.on("message", (message) => this.#hear(message));
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-2_000);
    });
    this.#process.send(birth, () => undefined);
  }

  /** Everything that it told so far, in order. */
  get told(): readonly unknown[] {
    return this.#told;
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Waits for something that it tells. Rejects when it fails before. */
  async until(what: string, holds: (told: readonly unknown[]) => boolean, limitMs = 60_000): Promise<void> {
    await until(`${this.#name} to ${what}`, () => holds(this.#told) || !this.isAlive, limitMs);
    if (!holds(this.#told)) throw new LabError("LAB_WORKER_FAILED", `${this.#name} ended. ${this.#why()}`);
  }

  send(value: unknown): void {
    // A process that is gone hears nothing, and that is what the row is about.
    this.#process.send(value === undefined ? null : Object(value), () => undefined);
  }

  /** Ends it in the middle of whatever it does. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.isAlive) this.#process.kill(signal);
    await this.#ended;
  }

  /** Freezes it: its connections stay open and nothing answers. */
  pause(): void {
    this.#process.kill("SIGSTOP");
  }

  resume(): void {
    this.#process.kill("SIGCONT");
  }

  /** Waits until its body has come to its end by itself. Rejects when it failed. */
  async end(limitMs = 60_000): Promise<void> {
    await until(`${this.#name} to end`, () => !this.isAlive, limitMs);
    if (this.#process.exitCode !== 0) throw new LabError("LAB_WORKER_FAILED", `${this.#name} failed. ${this.#why()}`);
  }

  /** Makes sure that nothing is left of it. */
  async close(): Promise<void> {
    if (!this.isAlive) return;
    this.#process.kill("SIGCONT");
    this.#process.kill("SIGKILL");
    await Promise.race([this.#ended, new Promise((resolve) => setTimeout(resolve, endLimitMs).unref())]);
  }

  #hear(message: unknown): void {
    if (typeof message !== "object" || message === null) return;
    if ("told" in message) this.#told.push(message.told);
    if ("failed" in message) this.#failure = String(message.failed);
  }

  #why(): string {
    return this.#failure ?? this.#complaints;
  }
}
