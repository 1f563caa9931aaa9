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

/** Closes what a send at or below `high` proves: it was stamped, from `first` on, after the outcomes were known. */
export function closeBrackets(brackets: readonly OpenBracket[], first: number, high: number): readonly OpenBracket[] {
  let changed = false;
  const next = brackets.map((bracket) => {
    if (first <= bracket.knownAt || (bracket.upTo !== undefined && bracket.upTo <= high)) return bracket;
    changed = true;
    return { ...bracket, upTo: high };
  });
  return changed ? next : brackets;
}

function hullOf(a: OpenBracket, b: OpenBracket): OpenBracket {
  return {
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    above: a.above === undefined || b.above === undefined ? undefined : Math.min(a.above, b.above),
    upTo: a.upTo === undefined || b.upTo === undefined ? undefined : Math.max(a.upTo, b.upTo),
    era: Math.min(a.era, b.era),
    knownAt: Math.max(a.knownAt, b.knownAt),
  };
}
