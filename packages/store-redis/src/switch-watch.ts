/** How often a watcher looks for itself; messages only make it sooner. */
const pollMs = 1_000;
const jitterMs = 200;
const resubscribeMs = 5_000;

interface SwitchWatchOptions {
  /** The switch's version now. */
  readonly readVersion: () => Promise<number>;
  /** The version that the process knows already. */
  readonly knownVersion: () => number;
  /** Begins to listen, and returns what ends it. */
  readonly subscribe: (events: { readonly heard: () => void; readonly ended: () => void }) => () => void;
  readonly keepsProcessAlive: boolean;
}

/**
 * Tells watchers that the switch changed. Polling alone finds every change within its period; a message on a second
 * connection makes that milliseconds, and where it cannot be had nothing is lost.
 */
export class SwitchWatch {
  readonly #options: SwitchWatchOptions;
  readonly #watchers = new Set<() => void>();
  #toldVersion = 0;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;
  #subscribedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: SwitchWatchOptions) {
    this.#options = options;
  }

  watch(changed: () => void): () => void {
    const watcher = (): void => changed();
    this.#toldVersion = Math.max(this.#toldVersion, this.#options.knownVersion());
    this.#watchers.add(watcher);
    if (this.#watchers.size === 1) this.#lookAfter(0);
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.close();
    };
  }

  close(): void {
    this.#watchers.clear();
    clearTimeout(this.#timer);
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#subscribedAtMs = Number.NEGATIVE_INFINITY;
  }

  #lookAfter(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), delayMs);
    if (!this.#options.keepsProcessAlive) this.#timer.unref();
  }

  async #look(): Promise<void> {
    // A store that is away leaves the last known state standing; the next look comes in a second.
    const version = await this.#options.readVersion().catch(() => this.#toldVersion);
    if (this.#watchers.size === 0) return;
    this.#lookAfter(pollMs - jitterMs * Math.random());
    this.#listen();
    if (version <= this.#toldVersion) return;
    this.#toldVersion = version;
    for (const changed of this.#watchers) changed();
  }

  #listen(): void {
    const nowMs = performance.now();
    if (this.#unsubscribe !== undefined || nowMs - this.#subscribedAtMs < resubscribeMs) return;
    this.#subscribedAtMs = nowMs;
    this.#unsubscribe = this.#options.subscribe({
      heard: () => this.#lookAfter(0),
      ended: () => {
        this.#unsubscribe = undefined;
      },
    });
  }
}
