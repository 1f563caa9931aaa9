import { type Bracket, maxBrackets } from "./ledger-report.ts";

/** A bracket as the producer keeps it: with what it had given out when the outcome was known. */
export interface OpenBracket extends Bracket {
  /** Sends stamped above it came after the outcome: the lowest of them that is acked closes the bracket. */
  readonly knownAt: number;
}

/** Adds a bracket; beyond the limit the two oldest become their hull, which only widens. */
export function addBracket(brackets: readonly OpenBracket[], added: OpenBracket): readonly OpenBracket[] {
  const next = [...brackets, added];
  const [oldest, second] = next;
  if (next.length <= maxBrackets || oldest === undefined || second === undefined) return next;
  return [hullOf(oldest, second), ...next.slice(2)];
}

/** The same bounds told less exactly, by at most so many brackets. */
export function mergeBrackets(brackets: readonly OpenBracket[], most: number): readonly OpenBracket[] {
  let merged = brackets;
  while (merged.length > Math.max(1, most)) {
    const [oldest, second] = merged;
    if (oldest === undefined || second === undefined) return merged;
    merged = [hullOf(oldest, second), ...merged.slice(2)];
  }
  return merged;
}

/** A send that was acked: stamped from `first` on, its last message at `high`. */
export interface AckedSend {
  readonly first: number;
  readonly high: number;
  readonly era: number;
}

/** Closes what a send proves: all whose outcome was known before it was stamped lie at or below its last message. */
export function closeBrackets(brackets: readonly OpenBracket[], send: AckedSend): readonly OpenBracket[] {
  let changed = false;
  const next = brackets.map((bracket) => {
    const isOlder = send.first > bracket.knownAt && send.era === bracket.era;
    if (!isOlder || (bracket.upTo !== undefined && bracket.upTo <= send.high)) return bracket;
    changed = true;
    return { ...bracket, upTo: send.high };
  });
  return changed ? next : brackets;
}

/** Forgets what every group has finished, as with chunks. */
export function bracketsAbove(brackets: readonly OpenBracket[], settledTo: number): readonly OpenBracket[] {
  if (!brackets.some((bracket) => bracket.first <= settledTo)) return brackets;
  return brackets
    .filter((bracket) => bracket.last > settledTo)
    .map((bracket) => ({ ...bracket, first: Math.max(bracket.first, settledTo + 1) }));
}

function hullOf(a: OpenBracket, b: OpenBracket): OpenBracket {
  // Offsets of two eras have no common measure: then nothing bounds them.
  const isOneEra = a.era === b.era;
  return {
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    above: !isOneEra || a.above === undefined || b.above === undefined ? undefined : Math.min(a.above, b.above),
    upTo: !isOneEra || a.upTo === undefined || b.upTo === undefined ? undefined : Math.max(a.upTo, b.upTo),
    era: Math.min(a.era, b.era),
    knownAt: Math.max(a.knownAt, b.knownAt),
  };
}
