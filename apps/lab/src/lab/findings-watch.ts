import { setTimeout as delay } from "node:timers/promises";
import type { ApiFinding, AuditorApi } from "../auditor-api.ts";

const lookEveryMs = 250;
/** What another auditor found is shown a little later than what this one did. */
const overlapMs = 5_000;

/** What one look at the auditor showed. */
export interface Look {
  readonly findings: readonly ApiFinding[];
  /** When the auditor had last ended a pass, by its clock, which is this machine's. */
  readonly lastPassAtMs: number;
}

type Listener = (look: Look) => void;

/** Asks the auditor again and again, once for all rows that run. A look that fails is left out. */
export class FindingsWatch {
  readonly #api: AuditorApi;
  readonly #listeners = new Set<Listener>();
  readonly #closing = new AbortController();
  readonly #known = new Map<string, ApiFinding>();
  #newestMs = 0;
  #isRunning = false;

  constructor(api: AuditorApi) {
    this.#api = api;
  }

  /** Tells of each look until the returned function is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (!this.#isRunning) void this.#run();
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closing.abort();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    const { signal } = this.#closing;
    while (!signal.aborted && this.#listeners.size > 0) {
      const look = await this.#look();
      if (look !== undefined) for (const listener of this.#listeners) listener(look);
      await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
    }
    this.#isRunning = false;
  }

  async #look(): Promise<Look | undefined> {
    try {
      // First the pass, then the findings: what is listed is then at least as new as the pass.
      const lastPassAtMs = await this.#api.lastPassAtMs();
      for (const finding of await this.#api.findingsSince(this.#newestMs - overlapMs)) {
        this.#known.set(finding.id, finding);
        this.#newestMs = Math.max(this.#newestMs, Date.parse(finding.changedAt));
      }
      return { findings: [...this.#known.values()], lastPassAtMs };
    } catch {
      return undefined;
    }
  }
}
