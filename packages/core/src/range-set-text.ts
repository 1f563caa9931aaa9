import { eachRange, emptyRanges, type RangeSet } from "./range-set.ts";

/** A range set as text: `1-1000,1005,1010-1020`, empty for the empty set. One set has exactly one text. */
export function formatRanges(set: RangeSet): string {
  const pieces: string[] = [];
  for (const [first, last] of eachRange(set)) pieces.push(first === last ? `${first}` : `${first}-${last}`);
  return pieces.join(",");
}

/**
 * Reads what `formatRanges` writes, and nothing else: text that is unsorted, overlapping, adjacent, padded or beyond
 * 2^53 - 1 is `undefined`, because a set that was damaged on its way must not be guessed at.
 */
export function parseRanges(text: string): RangeSet | undefined {
  if (text === "") return emptyRanges;
  const set: number[] = [];
  let lowestNext = 0;
  for (const piece of text.split(",")) {
    const match = piecePattern.exec(piece);
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = match[2] === undefined ? first : Number(match[2]);
    if (first < lowestNext || last > Number.MAX_SAFE_INTEGER || (last === first && match[2] !== undefined))
      return undefined;
    if (last < first) return undefined;
    set.push(first, last);
    lowestNext = last + 2;
  }
  return set;
}

/** Sixteen digits hold 2^53 - 1; longer runs are refused before they are converted. */
const piecePattern = /^(0|[1-9][0-9]{0,15})(?:-([1-9][0-9]{0,15}))?$/;
