import { quickness } from "../words.ts";

/** How soon a row was told of its losses, in milliseconds. */
export interface Pace {
  /** From the answer that left a message out to the finding that suspects it; message by message. */
  readonly suspected: readonly number[];
  /** From the look at which the auditor knew everything that proves a loss to its confirmation; finding by finding. */
  readonly confirmed: readonly number[];
  /** The same by the row's own book: from the last act that proves a loss to its last confirmation, where a row knows it. */
  readonly confirmedByBook: readonly number[];
  /** From the loss of the last messages of a stream, which its readers had all caught up with, to their finding. */
  readonly tail: readonly number[];
}

/**
 * What the design promises with its default policy: a grace of 3 s, and 1 s more. Before the auditor can know of an act,
 * the application's next report has to come: another second.
 */
const goals: Readonly<Record<keyof Pace, number>> = {
  suspected: 100,
  confirmed: 4_000,
  confirmedByBook: 5_000,
  tail: 5_000,
};

const kinds = ["suspected", "confirmed", "confirmedByBook", "tail"] as const;

const words: Readonly<Record<keyof Pace, string>> = {
  suspected: "suspected after an answer that leaves it out",
  confirmed: "confirmed after the auditor knew the last fact that was needed",
  confirmedByBook: "confirmed after the last act that proves it, by the row's own book",
  tail: "the end of a stream suspected after it was lost",
};

/** One kind of time over a whole run. */
export interface PaceFigure {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly goalMs: number;
  readonly holds: boolean;
}

/** The times that were measured, by kind; a kind that no row measured is left out. */
export function paceOf(paces: readonly Pace[]): Readonly<Partial<Record<keyof Pace, PaceFigure>>> {
  return Object.fromEntries(
    kinds.flatMap((kind) => {
      const sorted = paces.flatMap((pace) => pace[kind]).sort((a, b) => a - b);
      if (sorted.length === 0) return [];
      const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
      const [p99Ms, goalMs] = [at(0.99), goals[kind]];
      return [[kind, { p50Ms: at(0.5), p99Ms, maxMs: at(1), goalMs, holds: p99Ms <= goalMs }]];
    }),
  );
}

/** A line a kind, for people. */
export function paceLines(paces: readonly Pace[]): readonly string[] {
  const found = paceOf(paces);
  return kinds.flatMap((kind) => {
    const figure = found[kind];
    if (figure === undefined) return [];
    const { p50Ms, p99Ms, goalMs, holds } = figure;
    const goal = `${holds ? "within" : "beyond"} its goal of ${quickness(goalMs)}`;
    return [`${words[kind]}: median ${quickness(p50Ms)}, p99 ${quickness(p99Ms)}, ${goal}`];
  });
}
