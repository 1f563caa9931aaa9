import type { DoubtCause } from "./finding.ts";
import type { Place } from "./kafka-places.ts";
import { covers, difference, isEmpty, type RangeSet, rangeOf, union } from "./range-set.ts";

/** What a reading of the log made doubtful for a group, by cause, in one era. */
export interface StandingDoubts {
  readonly era: number;
  readonly byCause: ReadonlyMap<DoubtCause, RangeSet>;
}

/** What was ruled of a run, as far as this file cares. */
type Ruled = { readonly place: Place; readonly ruling: { readonly kind: string; readonly cause?: DoubtCause } };

/**
 * A run that is to be read again for the doubt in which it was left stays in it: the records of one era do not change, so
 * nobody has to read them again and again for the doubt to stand.
 */
export function heedDoubt<R extends Ruled>(
  entry: R,
  known: StandingDoubts | undefined,
  era: number,
): R | (Omit<R, "ruling"> & { readonly ruling: { readonly kind: "doubt"; readonly cause: DoubtCause } }) {
  if (entry.ruling.kind !== "wanted" || known?.era !== era) return entry;
  const { first, last } = entry.place;
  const found = [...known.byCause].find(([, sequences]) => covers(sequences, first, last));
  return found === undefined ? entry : { ...entry, ruling: { kind: "doubt", cause: found[0] } };
}

/** The doubts of this pass, and of those before what nothing else was ruled of. */
export function doubtsAfter(known: StandingDoubts | undefined, era: number, ruled: readonly Ruled[]): StandingDoubts {
  const byCause = new Map(known?.era === era ? known.byCause : []);
  for (const { place, ruling } of ruled) {
    const run = rangeOf(place.first, place.last);
    for (const [cause, sequences] of byCause) byCause.set(cause, difference(sequences, run));
    if (ruling.kind === "doubt" && ruling.cause !== undefined && byLog.has(ruling.cause))
      byCause.set(ruling.cause, union(byCause.get(ruling.cause) ?? [], run));
  }
  for (const [cause, sequences] of byCause) if (isEmpty(sequences)) byCause.delete(cause);
  return { era, byCause };
}

const byLog: ReadonlySet<DoubtCause> = new Set(["two-eras", "unstamped-in-range"]);
