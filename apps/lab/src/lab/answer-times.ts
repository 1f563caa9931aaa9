import type { Lab } from "./lab.ts";
import { objectsIn } from "./objects-in.ts";

/**
 * Measures how soon a message that an answer left out is suspected: by the notice in its own process, and by the finding
 * of the auditor, whose clock is this machine's.
 */
export class AnswerTimes {
  readonly #lab: Lab;
  /** When the send that left it out was answered, by name. */
  readonly #answeredAtMs = new Map<string, number>();
  readonly #noticedAtMs = new Map<string, number>();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** Messages that were noticed so far. */
  get noticedCount(): number {
    return this.#noticedAtMs.size;
  }

  /** For the option `observer` of a watched Kafka object. */
  readonly observer = {
    finding: (): void => undefined,
    notice: (notice: { readonly kind: string; readonly references?: readonly string[] }): void => {
      if (notice.kind !== "omitted") return;
      for (const name of notice.references ?? []) this.#noticedAtMs.set(name, Date.now());
    },
  };

  answered(names: Iterable<string>): void {
    const nowMs = Date.now();
    for (const name of names) this.#answeredAtMs.set(name, nowMs);
  }

  /** Books both as figures of the row: the longest of all messages that were noticed. */
  async book(topic: string): Promise<void> {
    const openedAtMs = await this.#openedAtMs(topic);
    const notices: number[] = [];
    const suspicions: number[] = [];
    for (const [name, noticedAtMs] of this.#noticedAtMs) {
      const answeredAtMs = this.#answeredAtMs.get(name) ?? noticedAtMs;
      notices.push(noticedAtMs - answeredAtMs);
      const opened = openedAtMs.get(name);
      if (opened !== undefined) suspicions.push(opened - answeredAtMs);
    }
    if (notices.length > 0) this.#lab.figure("noticedMs", Math.max(0, ...notices));
    if (suspicions.length > 0) {
      this.#lab.figure("suspectedP99Ms", quantile(suspicions, 0.99));
      this.#lab.figure("suspectedMaxMs", Math.max(...suspicions));
    }
  }

  async #openedAtMs(topic: string): Promise<ReadonlyMap<string, number>> {
    const opened = new Map<string, number>();
    const answer = await this.#lab.api.get(`/api/v1/findings?limit=200&destination=${encodeURIComponent(topic)}`);
    for (const finding of objectsIn(answer["findings"])) {
      const atMs = Date.parse(String(finding["openedAt"]));
      for (const { reference } of objectsIn(finding["messages"])) opened.set(String(reference), atMs);
    }
    return opened;
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
