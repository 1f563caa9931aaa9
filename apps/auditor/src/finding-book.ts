import { countOf, type Finding, type GapState, type LaneKey, laneKeyOf } from "@seqwatch/core";
import type { FigureLabels, Figures } from "@seqwatch/otel";

export interface FindingFilter {
  readonly state?: GapState | undefined;
  readonly verdict?: string | undefined;
  readonly system?: string | undefined;
  readonly destination?: string | undefined;
  readonly group?: string | undefined;
}

export interface FindingPage {
  readonly findings: readonly Finding[];
  /** Undefined = there are no more. */
  readonly next: string | undefined;
}

/** The newest findings in memory, for pages, figures and alerts. The store has them too; this is the quick copy. */
export class FindingBook {
  readonly #limit: number;
  readonly #findings = new Map<string, Finding>();
  #sorted: readonly Finding[] | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  book(finding: Finding): void {
    this.#findings.delete(finding.id);
    this.#findings.set(finding.id, finding);
    this.#sorted = undefined;
    if (this.#findings.size <= this.#limit) return;
    const oldest = this.#findings.keys().next().value;
    if (oldest !== undefined) this.#findings.delete(oldest);
  }

  find(id: string): Finding | undefined {
    return this.#findings.get(id);
  }

  /** Newest change first. A cursor is the place after the last one seen, so that what comes in between shifts nothing. */
  page(filter: FindingFilter, limit: number, cursor: string | undefined): FindingPage {
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    const findings: Finding[] = [];
    for (const finding of this.#newestFirst()) {
      if (after !== undefined && compare(finding, after) <= 0) continue;
      if (!matches(finding, filter)) continue;
      if (findings.length === limit) return { findings, next: cursorOf(findings.at(-1)) };
      findings.push(finding);
    }
    return { findings, next: undefined };
  }

  /** What is open, by lane, group and state; of all lanes unless told which. */
  figures(isCounted: (key: LaneKey) => boolean = () => true): Figures["findings"] {
    const lines = new Map<
      string,
      { labels: FigureLabels; state: string; open: number; messages: number; missing: number; notSent: number }
    >();
    for (const finding of this.#findings.values()) {
      if (!openStates.has(finding.state) || !isCounted(laneKeyOf(finding.lane))) continue;
      const { lane, group, state } = finding;
      const key = `${laneKeyOf(lane)}\0${group ?? "\0"}\0${state}`;
      const labels = { system: lane.system, destination: lane.destination, partition: lane.partition, group };
      const line = lines.get(key) ?? { labels, state, open: 0, messages: 0, missing: 0, notSent: 0 };
      line.open++;
      const count = countOf(finding.sequences[state] ?? []);
      line.messages += count;
      if (missingStates.has(state)) line.missing += count;
      if (state === "not-sent") line.notSent += count;
      lines.set(key, line);
    }
    return [...lines.values()];
  }

  #newestFirst(): readonly Finding[] {
    this.#sorted ??= [...this.#findings.values()].sort((a, b) => compare(a, { atMs: b.changedAtMs, id: b.id }));
    return this.#sorted;
  }
}

/** Whether a text is a cursor that `page` gave out. */
export function isCursor(text: string): boolean {
  return parseCursor(text) !== undefined;
}

const openStates: ReadonlySet<GapState> = new Set(["suspected", "pending", "in-doubt", "confirmed", "not-sent"]);
/** What was never sent is open, but not missing: nobody relies on it. */
const missingStates: ReadonlySet<GapState> = new Set(["suspected", "in-doubt", "confirmed"]);

interface Place {
  readonly atMs: number;
  readonly id: string;
}

/** Negative = the finding comes before the place. */
function compare(finding: Finding, place: Place): number {
  if (finding.changedAtMs !== place.atMs) return place.atMs - finding.changedAtMs;
  if (finding.id === place.id) return 0;
  return finding.id < place.id ? -1 : 1;
}

function cursorOf(finding: Finding | undefined): string | undefined {
  return finding === undefined ? undefined : Buffer.from(`${finding.changedAtMs} ${finding.id}`).toString("base64url");
}

function parseCursor(cursor: string): Place | undefined {
  const match = /^(\d{1,16}) (.+)$/s.exec(Buffer.from(cursor, "base64url").toString());
  const id = match?.[2];
  return id === undefined ? undefined : { atMs: Number(match?.[1]), id };
}

function matches(finding: Finding, filter: FindingFilter): boolean {
  return (
    (filter.state === undefined || finding.state === filter.state) &&
    (filter.verdict === undefined || finding.verdict === filter.verdict) &&
    (filter.system === undefined || finding.lane.system === filter.system) &&
    (filter.destination === undefined || finding.lane.destination === filter.destination) &&
    (filter.group === undefined || finding.group === filter.group)
  );
}
