import type { Finding, LaneKey } from "@seqwatch/core";

interface Entry {
  readonly version: number;
  readonly finding: Finding;
}

/** Findings that were opened between the passes, until a pass has taken them over; and which lanes are looked at now. */
export class HurriedBook {
  readonly #entries = new Map<LaneKey, readonly Entry[]>();
  /** Lanes under a hurried look; true where another one was asked for meanwhile. */
  readonly #running = new Map<LaneKey, boolean>();

  /** False where one is under way: another one then follows it. */
  begin(key: LaneKey): boolean {
    const isRunning = this.#running.has(key);
    this.#running.set(key, isRunning);
    return !isRunning;
  }

  /** True where another one was asked for meanwhile. */
  end(key: LaneKey): boolean {
    const isAsked = this.#running.get(key) === true;
    this.#running.delete(key);
    return isAsked;
  }

  add(key: LaneKey, version: number, findings: readonly Finding[]): void {
    if (findings.length === 0) return;
    const entries = findings.map((finding) => ({ version, finding }));
    this.#entries.set(key, [...(this.#entries.get(key) ?? []), ...entries]);
  }

  of(key: LaneKey): readonly Finding[] {
    return (this.#entries.get(key) ?? []).map(({ finding }) => finding);
  }

  /** Those that a record of this version shows as well, and that are not known yet. */
  upTo(key: LaneKey, version: number, known: readonly Finding[]): readonly Finding[] {
    const ids = new Set(known.map(({ id }) => id));
    const shown = (this.#entries.get(key) ?? []).filter((entry) => entry.version <= version);
    return shown.flatMap(({ finding }) => (ids.has(finding.id) ? [] : [finding]));
  }

  /** A pass has them among its own by now. */
  taken(key: LaneKey, findings: readonly Finding[]): void {
    const entries = this.#entries.get(key);
    if (entries === undefined) return;
    const ids = new Set(findings.map(({ id }) => id));
    const left = entries.filter(({ finding }) => !ids.has(finding.id));
    if (left.length === 0) this.#entries.delete(key);
    else this.#entries.set(key, left);
  }
}
