import { StackError } from "./errors.ts";
import { markVariable, type ProcessIdentity } from "./processes.ts";
import type { Environment } from "./programs.ts";
import { type ProcessPlan, ServerProcess } from "./server-process.ts";
import type { ServerName } from "./servers.ts";
import { type ServerUrls, type StackState, writeState } from "./state.ts";

/** What a server file says about one of its processes; the site adds the mark and the book-keeping. */
export interface SitePlan extends Omit<ProcessPlan, "onChange" | "assertStartable"> {
  readonly server: ServerName;
}

/** The folder of a stack and its state file, kept in step with what runs. */
export class ServerSite {
  readonly folder: string;
  readonly environment: Environment;
  #state: StackState;
  #isClosed = false;

  constructor(folder: string, environment: Environment, state: StackState) {
    this.folder = folder;
    this.environment = environment;
    this.#state = state;
  }

  get stackId(): string {
    return this.#state.id;
  }

  /** What the marks of one server's processes begin with. */
  markPrefix(server: ServerName): string {
    return `${this.#state.id}:${server}:`;
  }

  /** The processes of one server that were started and have not ended. */
  processesOf(server: ServerName): readonly ProcessIdentity[] {
    return this.#state.processes.filter((recorded) => recorded.server === server);
  }

  /** Prepares a process that is written down in the state file from the moment it starts. */
  createProcess({ server, ...plan }: SitePlan): ServerProcess {
    const inherited = Object.entries(this.environment).flatMap(([key, value]) => (value ? [[key, value]] : []));
    return new ServerProcess({
      ...plan,
      environment: {
        ...Object.fromEntries(inherited),
        ...plan.environment,
        [markVariable]: `${this.markPrefix(server)}${plan.name}`,
      },
      assertStartable: () => this.#assertOpen(plan.name),
      onChange: (identity) => {
        const others = this.#state.processes.filter(({ name }) => name !== plan.name);
        const own = identity === undefined ? [] : [{ ...identity, server, name: plan.name }];
        this.#change({ processes: [...others, ...own] });
      },
    });
  }

  /** Writes down where a server that is now up can be reached. */
  recordUrls(server: ServerName, urls: ServerUrls): void {
    this.#change({ urls: { ...this.#state.urls, [server]: urls } });
  }

  /** Writes down that a server runs in containers, before the first of them is started. */
  recordComposed(server: ServerName): void {
    this.#change({ composed: [...new Set([...this.#state.composed, server])] });
  }

  /** Writes down that the stack lives on without the process that started it. */
  recordRelease(): void {
    this.#change({ owner: undefined });
  }

  /** Writes nothing more from now on: the folder is about to be removed. */
  close(): void {
    this.#isClosed = true;
  }

  #assertOpen(name: string): void {
    if (!this.#isClosed) return;
    throw new StackError("STACK_START_FAILED", `Cannot start ${name}: its stack was stopped. Start a new stack.`);
  }

  #change(change: Partial<StackState>): void {
    this.#state = { ...this.#state, ...change };
    if (!this.#isClosed) writeState(this.folder, this.#state);
  }
}
