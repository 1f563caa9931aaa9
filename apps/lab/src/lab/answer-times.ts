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

  /** Books them as figures of the row as soon as they are known, and as long as it runs. */
  bookWhenKnown(topic: string): void {
    this.#lab.check("the times can be read", async () => {
      await this.#book(topic);
      return true;
    });
  }

  async #book(topic: string): Promise<void> {
    const { openedAtMs, confirmedAtMs } = await this.#findingTimes(topic);
    const sinceAnswer = (times: ReadonlyMap<string, number>): readonly number[] =>
      [...this.#noticedAtMs].flatMap(([name, noticedAtMs]) => {
        const atMs = times.get(name);
        return atMs === undefined ? [] : [atMs - (this.#answeredAtMs.get(name) ?? noticedAtMs)];
      });
    this.#figure("noticed", sinceAnswer(this.#noticedAtMs));
    this.#figure("suspected", sinceAnswer(openedAtMs));
    this.#lab.suspectedAfter(sinceAnswer(openedAtMs).map((ms) => Math.max(0, ms)));
    this.#figure("confirmed", sinceAnswer(confirmedAtMs));
  }

  #figure(name: string, times: readonly number[]): void {
    if (times.length === 0) return;
    this.#lab.figure(`${name}P50Ms`, Math.max(0, quantile(times, 0.5)));
    this.#lab.figure(`${name}P99Ms`, Math.max(0, quantile(times, 0.99)));
  }

  /** When the finding of each message was opened, and when it was confirmed. */
  async #findingTimes(topic: string) {
    const openedAtMs = new Map<string, number>();
    const confirmedAtMs = new Map<string, number>();
    const answer = await this.#lab.api.get(`/api/v1/findings?limit=200&destination=${encodeURIComponent(topic)}`);
    for (const finding of objectsIn(answer["findings"])) {
      const confirmed = objectsIn(finding["history"]).find(({ state }) => state === "confirmed");
      for (const { reference } of objectsIn(finding["messages"])) {
        openedAtMs.set(String(reference), Date.parse(String(finding["openedAt"])));
        if (confirmed !== undefined) confirmedAtMs.set(String(reference), Date.parse(String(confirmed["at"])));
      }
    }
    return { openedAtMs, confirmedAtMs };
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
