import type { Lane, LaneKey } from "@seqwatch/core";
import type { FigureLabels, Figures, MessageTotals } from "@seqwatch/otel";
import type { LaneFigures } from "./lane-figures.ts";

interface LaneLine {
  readonly labels: FigureLabels;
  readonly active: number;
  readonly blind: number;
  /** By group, author and name: the highest figure seen of those who are still there. */
  readonly highest: ReadonlyMap<string, number>;
  /** By group, "" = at the stream. */
  readonly totals: Map<string, Map<keyof MessageTotals, number>>;
}

/**
 * Totals by lane that never fall, made of figures that may: a stream that is collected and a member that is forgotten
 * take theirs away. What grew is added, what shrank is not taken off.
 */
export class FigureBook {
  readonly #lines = new Map<LaneKey, LaneLine>();
  /** Totals of lanes that were forgotten, by destination: a counter must not fall because a routing key went quiet. */
  readonly #remains = new Map<
    string,
    { readonly labels: FigureLabels; readonly totals: Map<keyof MessageTotals, number> }
  >();

  book(key: LaneKey, lane: Lane, { active, blind, sent, groups }: LaneFigures): void {
    const before = this.#lines.get(key);
    const totals = before?.totals ?? new Map<string, Map<keyof MessageTotals, number>>();
    const highest = new Map<string, number>();
    const note = (group: string, author: string, name: keyof MessageTotals, value: number): void => {
      const place = `${group}\0${author}\0${name}`;
      const known = before?.highest.get(place) ?? 0;
      highest.set(place, Math.max(known, value));
      // A store that lost writes shows less for a while; what it shows again must not be counted again.
      if (value > known) grow(totals, group, name, value - known);
    };
    for (const [producerId, value] of sent) note("", producerId, "sent", value);
    for (const [group, { members, counts }] of groups) {
      for (const [name, value] of entriesOf(counts)) note(group, "", name, value);
      for (const [memberId, member] of members)
        for (const [name, value] of entriesOf(member)) note(group, memberId, name, value);
    }
    const labels = { system: lane.system, destination: lane.destination, partition: lane.partition, group: undefined };
    this.#lines.set(key, { labels, active, blind, highest, totals });
  }

  forget(key: LaneKey): void {
    const line = this.#lines.get(key);
    if (line === undefined) return;
    this.#lines.delete(key);
    for (const [group, totals] of line.totals) {
      const labels = { ...line.labels, partition: undefined, group: group === "" ? undefined : group };
      const where = JSON.stringify(labels);
      const remains = this.#remains.get(where) ?? { labels, totals: new Map<keyof MessageTotals, number>() };
      for (const [name, value] of totals) remains.totals.set(name, (remains.totals.get(name) ?? 0) + value);
      this.#remains.set(where, remains);
    }
  }

  messages(): Figures["messages"] {
    const lines: { labels: FigureLabels; totals: Partial<MessageTotals> }[] = [];
    for (const { labels, totals } of this.#lines.values()) {
      for (const [group, line] of totals) {
        lines.push({
          labels: { ...labels, group: group === "" ? undefined : group },
          totals: Object.fromEntries(line),
        });
      }
    }
    for (const { labels, totals } of this.#remains.values()) lines.push({ labels, totals: Object.fromEntries(totals) });
    return lines;
  }

  streams(): Figures["streams"] {
    return [...this.#lines.values()].map(({ labels, active, blind }) => ({ labels, active, blind }));
  }
}

function grow(
  totals: Map<string, Map<keyof MessageTotals, number>>,
  group: string,
  name: keyof MessageTotals,
  by: number,
): void {
  const line = totals.get(group) ?? new Map<keyof MessageTotals, number>();
  totals.set(group, line.set(name, (line.get(name) ?? 0) + by));
}

function entriesOf(totals: Partial<MessageTotals>): readonly (readonly [keyof MessageTotals, number])[] {
  return names.flatMap((name) => {
    const value = totals[name];
    return value === undefined ? [] : [[name, value] as const];
  });
}

const names: readonly (keyof MessageTotals)[] = [
  "sent",
  "received",
  "processed",
  "lost",
  "duplicated",
  "redelivered",
  "late",
  "forwarded",
  "unstamped",
];
