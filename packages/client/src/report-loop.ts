import type { Host } from "./host.ts";

/** Something that has facts to write to the store. */
export interface Reporter {
  /** Writes what is new; rejects when the store does. Never called twice at once. */
  report(): Promise<void>;
  /** The process exits: writes what is new within this very tick, also beside a report that is under way. */
  lastWords?(): void;
  /** Whether so much is going on that it should report more often. */
  isUnderLoad(): boolean;
}

/** A reporter that was registered. */
export interface Registration {
  /** Report at once: an omission, an end. Many calls in one tick are one report; a failing store is left its pause. */
  soon(): void;
  /** Reports now, whatever the pause; rejects when the store does. Joins a report that is running, then goes once more. */
  now(): Promise<void>;
  unregister(): void;
}

export interface ReportPace {
  readonly restMs: number;
  readonly loadMs: number;
}

/** Calls one reporter at its pace, waits longer while the store fails, and never lets two reports overlap. */
export class ReportLoop implements Registration {
  readonly #reporter: Reporter;
  readonly #pace: ReportPace;
  readonly #host: Host;
  readonly #failed: (error: unknown) => void;
  readonly #removed: (loop: ReportLoop) => void;
  #running: Promise<void> | undefined;
  #cancel: () => void = () => {};
  #failureCount = 0;
  #isSoon = false;
  #isOver = false;

  constructor(
    reporter: Reporter,
    pace: ReportPace,
    host: Host,
    hooks: { readonly failed: (error: unknown) => void; readonly removed: (loop: ReportLoop) => void },
  ) {
    this.#reporter = reporter;
    this.#pace = pace;
    this.#host = host;
    this.#failed = hooks.failed;
    this.#removed = hooks.removed;
    this.#plan(this.#delayMs());
  }

  soon(): void {
    if (this.#isSoon || this.#isOver) return;
    this.#isSoon = true;
    if (this.#running === undefined && this.#failureCount === 0) this.#plan(0);
  }

  async now(): Promise<void> {
    if (this.#running !== undefined) await this.#running.catch(() => {}); // whoever started it has counted the failure
    await this.#run();
  }

  /** The process exits: only what is written within this tick gets out. */
  lastWords(): void {
    if (this.#reporter.lastWords === undefined)
      this.now().catch(() => {}); // counted; nobody is left to be told
    else this.#reporter.lastWords();
  }

  unregister(): void {
    this.#isOver = true;
    this.#cancel();
    this.#removed(this);
  }

  #plan(delayMs: number): void {
    this.#cancel();
    if (this.#isOver) return;
    this.#cancel = this.#host.after(delayMs, () => void this.#run().catch(() => {})); // counted in #run
  }

  async #run(): Promise<void> {
    if (this.#running !== undefined) return this.#running;
    this.#cancel();
    this.#isSoon = false;
    this.#running = this.#reportOnce();
    try {
      await this.#running;
      this.#failureCount = 0;
    } catch (error) {
      this.#failureCount += 1;
      this.#failed(error);
      throw error;
    } finally {
      this.#running = undefined;
      this.#plan(this.#isSoon && this.#failureCount === 0 ? 0 : this.#delayMs());
    }
  }

  /** Turns a reporter that throws before its first await into one that rejects. */
  async #reportOnce(): Promise<void> {
    await this.#reporter.report();
  }

  #delayMs(): number {
    const paceMs = this.#reporter.isUnderLoad() ? this.#pace.loadMs : this.#pace.restMs;
    if (this.#failureCount === 0) return paceMs;
    return Math.min(maxPauseMs, Math.max(paceMs, firstPauseMs * 2 ** Math.min(this.#failureCount - 1, 10)));
  }
}

const firstPauseMs = 500;
const maxPauseMs = 15_000;
