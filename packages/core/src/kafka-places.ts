import type { Gap } from "./finding.ts";
import type { StreamMemory } from "./kafka-memory.ts";
import type { Bracket, Chunk, LedgerReport } from "./ledger-report.ts";
import { contains, eachRange, isEmpty, overlaps, type RangeSet } from "./range-set.ts";

/** Where a run of sequences can lie: I(s) of the design. */
export interface Place {
  readonly first: number;
  readonly last: number;
  readonly low: number;
  /** Infinity where nothing bounds it from above yet. */
  readonly high: number;
  /** Sequence first + i lies at offset low + i. */
  readonly exact: boolean;
  /** The broker told offset told + i for sequence first + i, true or not; undefined where it told none. */
  readonly told: number | undefined;
  readonly era: number;
  /** The log itself showed it there. */
  readonly located: boolean;
}

/**
 * Cuts a set of sequences into runs that share one interval of offsets. What no chunk and no bracket places comes
 * back in `unplaced`.
 */
export function placesOf(
  ledger: LedgerReport,
  sequences: RangeSet,
  memory: StreamMemory,
): { readonly places: readonly Place[]; readonly unplaced: RangeSet } {
  const places: Place[] = [];
  const unplaced: number[] = [];
  if (isEmpty(sequences)) return { places, unplaced };
  const starts = boundaries(ledger, memory);
  for (const [first, last] of eachRange(sequences)) {
    for (const [from, to] of cut(first, last, starts)) {
      const place = placeOf(ledger, from, to, memory);
      if (place === undefined) unplaced.push(from, to);
      else places.push(place);
    }
  }
  return { places, unplaced: joinTouching(unplaced) };
}

/** Cuts a run that lies there offset by offset where an offset begins a new part; any other run is as it is, a whole. */
export function cutAt(place: Place, offset: number): readonly Place[] {
  if (!place.exact || place.low >= offset || place.high < offset) return [place];
  const first = place.first + (offset - place.low);
  const below = { ...place, last: first - 1, high: offset - 1 };
  return [below, { ...place, first, low: offset, told: place.told === undefined ? undefined : offset }];
}

/** The interval that holds all of some sequences, for people; undefined where nothing is in it. */
export function hullOf(places: readonly Place[], sequences: RangeSet): Gap["offsets"] {
  const touching = places.filter((place) => overlaps(sequences, place.first, place.last));
  const low = Math.min(...touching.map((place) => place.low));
  const high = Math.max(...touching.map((place) => place.high));
  return low <= high ? { low, high } : undefined;
}

function placeOf(ledger: LedgerReport, first: number, last: number, memory: StreamMemory): Place | undefined {
  const located = memory.located.get(first);
  if (located !== undefined) {
    return {
      first,
      last,
      low: located.offset,
      high: located.offset,
      exact: true,
      told: undefined,
      era: memoryEra(ledger, first),
      located: true,
    };
  }
  return contains(ledger.acked, first)
    ? placeByChunks(ledger, first, last)
    : placeByBrackets(ledger, first, last, memory);
}

/**
 * The hull of all that places them. A bracket beside the chunk means that the told offset is not to be trusted; and
 * whatever else reaches over them, a merged hull say, only widens.
 */
function placeByChunks(ledger: LedgerReport, first: number, last: number): Place | undefined {
  const chunks = ledger.chunks.filter((chunk) => chunk.first <= first && last <= chunk.last);
  const brackets = ledger.brackets.filter((bracket) => bracket.first <= first && last <= bracket.last);
  const parts = [...chunks, ...brackets];
  if (parts.length === 0) return undefined;
  const [only] = chunks;
  const told = only?.exact === true ? only.low + (first - only.first) : undefined;
  const common = { first, last, told, era: Math.min(...parts.map((part) => part.era)), located: false };
  if (parts.length === 1 && told !== undefined) {
    return { ...common, low: told, high: told + (last - first), exact: true };
  }
  return { ...common, ...hullOfParts(chunks, brackets), exact: false };
}

function placeByBrackets(ledger: LedgerReport, first: number, last: number, memory: StreamMemory): Place | undefined {
  const brackets = ledger.brackets.filter((bracket) => bracket.first <= first && last <= bracket.last);
  if (brackets.length === 0) return undefined;
  const ends = memory.ends.filter((end) => end.first <= first && last <= end.last).map((end) => end.upTo);
  const hull = hullOfParts([], brackets);
  const high = Math.min(hull.high, ...ends);
  // The empty interval just above what was acked before means: not stored. Less than that is a contradiction.
  if (high < hull.low - 1) return undefined;
  const era = Math.min(...brackets.map((bracket) => bracket.era));
  return { first, last, low: hull.low, high, exact: false, told: undefined, era, located: false };
}

function hullOfParts(chunks: readonly Chunk[], brackets: readonly Bracket[]): { low: number; high: number } {
  const lows = [...chunks.map((chunk) => chunk.low), ...brackets.map(lowOf)];
  const highs = [...chunks.map((chunk) => chunk.high), ...brackets.map(highOf)];
  return { low: Math.min(...lows), high: Math.max(...highs) };
}

/** Ends that contradict each other, as after a cut that nobody has read yet, bound nothing. */
function contradicts({ above, upTo }: Bracket): boolean {
  return above !== undefined && upTo !== undefined && upTo <= above;
}

function lowOf(bracket: Bracket): number {
  return contradicts(bracket) ? 0 : (bracket.above ?? -1) + 1;
}

function highOf(bracket: Bracket): number {
  return contradicts(bracket) ? Number.POSITIVE_INFINITY : (bracket.upTo ?? Number.POSITIVE_INFINITY);
}

/** The era of what the log showed is the era of the reading, which the caller keeps current. */
function memoryEra(ledger: LedgerReport, sequence: number): number {
  const eras = [...ledger.chunks, ...ledger.brackets]
    .filter((part) => part.first <= sequence && sequence <= part.last)
    .map((part) => part.era);
  return eras.length === 0 ? 0 : Math.min(...eras);
}

/** Sequences at which the interval may change: each begins a new run. */
function boundaries(ledger: LedgerReport, memory: StreamMemory): readonly number[] {
  const starts = new Set<number>();
  for (const part of [...ledger.chunks, ...ledger.brackets, ...memory.ends]) {
    starts.add(part.first);
    starts.add(part.last + 1);
  }
  for (const [first, last] of eachRange(ledger.acked)) {
    starts.add(first);
    starts.add(last + 1);
  }
  for (const sequence of memory.located.keys()) {
    starts.add(sequence);
    starts.add(sequence + 1);
  }
  return [...starts].sort((a, b) => a - b);
}

function* cut(first: number, last: number, starts: readonly number[]): Generator<readonly [number, number]> {
  let from = first;
  for (let at = indexAbove(starts, first); at < starts.length; at += 1) {
    const start = starts[at] ?? 0;
    if (start > last) break;
    yield [from, start - 1];
    from = start;
  }
  yield [from, last];
}

/** The index of the first start greater than `value`. */
function indexAbove(starts: readonly number[], value: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function joinTouching(flat: readonly number[]): RangeSet {
  const joined: number[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const first = flat[at] ?? 0;
    const last = flat[at + 1] ?? 0;
    if (joined.length > 0 && joined.at(-1) === first - 1) joined[joined.length - 1] = last;
    else joined.push(first, last);
  }
  return joined;
}
