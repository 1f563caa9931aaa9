import { type Lane, parseLaneKey } from "@seqwatch/core";

interface LaneWatchOptions {
  /** Begins to listen, and returns what ends it. */
  readonly subscribe: (events: { readonly heard: (text: string) => void; readonly ended: () => void }) => () => void;
  readonly keepsProcessAlive: boolean;
}

/** Tells watchers of lanes that clients announce. A subscription that ends is begun again; what was missed meanwhile is. */
export class LaneWatch {
  readonly #options: LaneWatchOptions;
  readonly #watchers = new Set<(lane: Lane) => void>();
  #unsubscribe: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LaneWatchOptions) {
    this.#options = options;
  }

  watch(announced: (lane: Lane) => void): () => void {
    const watcher = (lane: Lane): void => announced(lane);
    this.#watchers.add(watcher);
    if (this.#watchers.size === 1) this.#listen();
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
  }

  #listen(): void {
    this.#unsubscribe = this.#options.subscribe({
      heard: (text) => this.#hear(text),
      ended: () => {
        this.#unsubscribe = undefined;
        this.#timer = setTimeout(() => this.#listen(), resubscribeMs);
        if (!this.#options.keepsProcessAlive) this.#timer.unref();
      },
    });
  }

  #hear(text: string): void {
    const lane = parseLaneKey(text);
    if (lane === undefined) return;
    for (const announced of this.#watchers) announced(lane);
  }
}

const resubscribeMs = 1_000;
