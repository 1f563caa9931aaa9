import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LabError } from "../lab-error.ts";
import type { News, Order } from "./news.ts";

/** Which worker to start, and what it is told at birth. */
export interface WorkerPlan {
  /** Beside this file, as `worker-log.ts`. */
  readonly file: string;
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Where what it says is kept; undefined = nowhere. */
  readonly logFolder: string | undefined;
  readonly onNews: (news: News) => void;
  /** Told of an end that nobody asked for. */
  readonly onFailure: (error: LabError) => void;
}

const readyLimitMs = 120_000;
const orderLimitMs = 60_000;
const killAfterMs = 10_000;
const complaintLength = 2_000;

/** One process of the demo's traffic. */
export class WorkerProcess {
  readonly #plan: WorkerPlan;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Set<(news: News) => boolean>();
  #isEnding = false;
  #complaints = "";

  constructor(plan: WorkerPlan) {
    this.#plan = plan;
    const log = openLog(plan);
    this.#child = fork(fileURLToPath(new URL(plan.file, import.meta.url)), [], {
      // Its output is none of the demo's own, and standard output may belong to JSON alone.
      stdio: ["ignore", log ?? "ignore", "pipe", "ipc"],
      env: { ...process.env, ...plan.environment },
    });
    this.#ended = once(this.#child, "exit").then(() => this.#end());
    this.#child.on("message", (news: News) => this.#hear(news));
    if (log !== undefined) this.#child.once("exit", () => closeSync(log));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      if (log !== undefined && this.isAlive) writeSync(log, text);
      this.#complaints = (this.#complaints + text).slice(-complaintLength);
    });
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves once it works. */
  async ready(): Promise<void> {
    await this.#wait((news) => news.kind === "ready", "be ready", readyLimitMs);
  }

  /** Resolves once the order was carried out. One order of a kind at a time. */
  async order(order: Order, limitMs = orderLimitMs): Promise<void> {
    const done = this.#wait((news) => news.kind === "done" && news.order === order.kind, order.kind, limitMs);
    this.#child.send(order, () => undefined);
    await done;
  }

  /** Lets it come to its end, and kills it when it does not. */
  async stop(): Promise<void> {
    if (!this.isAlive) return;
    this.#isEnding = true;
    if (this.#child.connected) this.#child.send({ kind: "stop" } satisfies Order, () => undefined);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), killAfterMs);
    await this.#ended;
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    this.#isEnding = true;
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  #hear(news: News): void {
    if (news.kind === "failed") this.#complaints = news.text;
    this.#plan.onNews(news);
    for (const take of this.#waiting) if (take(news)) this.#waiting.delete(take);
  }

  #end(): void {
    if (this.#isEnding) return;
    this.#plan.onFailure(this.#failure("ended by itself"));
  }

  async #wait(holds: (news: News) => boolean, what: string, limitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.add((news) => {
      const isIt = holds(news);
      if (isIt) resolve(true);
      return isIt;
    });
    const timer = setTimeout(() => resolve(false), limitMs);
    const isDone = await Promise.race([promise, this.#ended.then(() => false)]);
    clearTimeout(timer);
    if (!isDone && !this.#isEnding) throw this.#failure(`did not ${what} within ${limitMs / 1000} s`);
  }

  #failure(what: string): LabError {
    return new LabError(
      "LAB_WORKER_FAILED",
      `${this.#plan.name} ${what}.${this.#complaints && `\n${this.#complaints}`}`,
    );
  }
}

function openLog({ logFolder, name }: WorkerPlan): number | undefined {
  if (logFolder === undefined) return undefined;
  mkdirSync(logFolder, { recursive: true });
  return openSync(join(logFolder, `${name.replaceAll(/\W+/g, "-")}.log`), "a");
}
