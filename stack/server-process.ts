import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { StackError } from "./errors.ts";
import { identifyProcess, isAlive, isPaused, type ProcessIdentity, signalGroup } from "./processes.ts";
import { lastLines } from "./run.ts";
import { waitUntil } from "./wait.ts";

/** How one process of a server is started and how one sees that it serves. */
export interface ProcessPlan {
  /** Unique within the stack: "redis", "kafka-1". */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly dataDir: string;
  readonly logFile: string;
  /** Looks once whether the server answers its clients; a failure is a no. */
  readonly isReady: () => Promise<boolean>;
  /** Told of the process as soon as it was started, and of its end. */
  readonly onChange: (identity: ProcessIdentity | undefined) => void;
  /** Throws when nothing may be started any more, because the stack has been stopped. */
  readonly assertStartable: () => void;
}

/** What a lab can do to one process of a server. Its ports and its data stay the same through all of it. */
export interface ServerControls {
  readonly name: string;
  /** Of the living process; undefined while it is stopped, and always when it runs in a container. */
  readonly pid: number | undefined;
  /** Undefined when it runs in a container. */
  readonly dataDir: string | undefined;
  /** Undefined when it runs in a container. */
  readonly logFile: string | undefined;
  /** Ends the process, politely unless told otherwise, and waits until it is gone. A paused one is woken for it. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Starts a stopped process and waits until it serves or, with "spawned", not at all. */
  start(options?: { readonly until?: "ready" | "spawned" }): Promise<void>;
  /** Freezes the process: its connections stay open and nothing answers. */
  pause(): Promise<void>;
  /** Lets a frozen process go on. */
  resume(): Promise<void>;
}

const readyLimitMs = 120_000;
const stopLimitMs = 60_000;
const pauseLimitMs = 5_000;

/** One process of a server, in a process group of its own, with its output in a file. */
export class ServerProcess implements ServerControls {
  readonly #plan: ProcessPlan;
  #identity: ProcessIdentity | undefined;
  #failure: Error | undefined;
  /** Where in the log the present life begins: what an earlier one complained of explains nothing now. */
  #logStartBytes = 0;

  constructor(plan: ProcessPlan) {
    this.#plan = plan;
  }

  get name(): string {
    return this.#plan.name;
  }

  get dataDir(): string {
    return this.#plan.dataDir;
  }

  get logFile(): string {
    return this.#plan.logFile;
  }

  get pid(): number | undefined {
    return this.#livingIdentity()?.pid;
  }

  async start({ until = "ready" }: { readonly until?: "ready" | "spawned" } = {}): Promise<void> {
    if (this.pid === undefined) this.#spawn();
    if (until === "spawned") return;
    let isServing = false;
    await waitUntil(
      async () => {
        isServing = this.pid !== undefined && (await this.#plan.isReady());
        return isServing || this.pid === undefined;
      },
      { limitMs: readyLimitMs },
    );
    if (!isServing) throw this.#startFailure();
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const identity = this.#livingIdentity();
    if (identity === undefined) return;
    signalGroup(identity, signal);
    // A frozen process gets the signal once it runs again.
    signalGroup(identity, "SIGCONT");
    if (await waitUntil(() => !isAlive(identity), { limitMs: stopLimitMs })) return;
    throw new StackError(
      "STACK_STOP_FAILED",
      `${this.name} (process ${identity.pid}) lives on ${stopLimitMs / 1000} s after ${signal}. Stop it with SIGKILL.`,
    );
  }

  async pause(): Promise<void> {
    const identity = this.#runningIdentity("pause");
    signalGroup(identity, "SIGSTOP");
    // A signal takes its time on a busy machine. Elsewhere than on Linux nobody can look.
    if (process.platform === "linux") await waitUntil(() => isPaused(identity), { limitMs: pauseLimitMs });
  }

  async resume(): Promise<void> {
    signalGroup(this.#runningIdentity("resume"), "SIGCONT");
  }

  #spawn(): void {
    const { program, args, environment, dataDir, logFile, onChange, assertStartable } = this.#plan;
    assertStartable();
    mkdirSync(dataDir, { recursive: true });
    mkdirSync(dirname(logFile), { recursive: true });
    const log = openSync(logFile, "a");
    this.#logStartBytes = fstatSync(log).size;
    const child = spawn(program, args, {
      cwd: dataDir,
      detached: true,
      env: environment,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#failure = undefined;
    child.once("error", (error) => {
      this.#failure = error;
    });
    child.unref();
    this.#identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
    onChange(this.#identity);
    this.#forgetAtExit(child);
  }

  #forgetAtExit(child: ChildProcess): void {
    const identity = this.#identity;
    child.once("exit", () => {
      if (this.#identity !== identity) return;
      this.#identity = undefined;
      this.#plan.onChange(undefined);
    });
  }

  #livingIdentity(): ProcessIdentity | undefined {
    return this.#identity !== undefined && isAlive(this.#identity) ? this.#identity : undefined;
  }

  #runningIdentity(verb: string): ProcessIdentity {
    const identity = this.#livingIdentity();
    if (identity !== undefined) return identity;
    throw new StackError("STACK_BAD_INPUT", `Cannot ${verb} ${this.name}: it is stopped. Start it first.`);
  }

  #startFailure(): StackError {
    const outcome =
      this.#failure !== undefined
        ? `could not be started: ${this.#failure.message}`
        : this.pid === undefined
          ? "ended before it served"
          : `did not serve within ${readyLimitMs / 1000} s`;
    const log = this.#readLog();
    return new StackError(
      /address already in use|eaddrinuse/i.test(log) ? "STACK_PORT_TAKEN" : "STACK_START_FAILED",
      `${this.name} ${outcome}. The last lines of ${this.logFile}:\n${lastLines(log)}`,
      this.#failure === undefined ? undefined : { cause: this.#failure },
    );
  }

  #readLog(): string {
    try {
      return readFileSync(this.logFile).subarray(this.#logStartBytes).toString("utf8");
    } catch {
      return "(no log was written)";
    }
  }
}
