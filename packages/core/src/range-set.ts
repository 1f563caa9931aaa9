/**
 * A set of integers (safe, >= 0), kept as sorted, disjoint, non-adjacent closed ranges in one flat list:
 * `first, last, first, last …`. A billion messages without a hole are two numbers, and a flat list of numbers is the
 * densest thing the engine can hold.
 *
 * Arguments are trusted to be safe integers and lists of that form: what comes from outside passes `parseRanges`.
 */
export type RangeSet = readonly number[];

/** The set without members; frozen, for it is shared. */
export const emptyRanges: RangeSet = Object.freeze<number[]>([]);

/** The set of all integers from `first` to `last`, both included; empty when `last < first`. */
export function rangeOf(first: number, last: number): RangeSet {
  return last < first ? emptyRanges : [first, last];
}

/** What is in `a`, in `b` or in both. An input that is the answer is returned itself. */
export function union(a: RangeSet, b: RangeSet): RangeSet {
  if (b.length === 0 || a === b) return a;
  if (a.length === 0) return b;
  const merged: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (j === b.length || (i < a.length && at(a, i) <= at(b, j))) {
      appendRange(merged, at(a, i), at(a, i + 1));
      i += 2;
    } else {
      appendRange(merged, at(b, j), at(b, j + 1));
      j += 2;
    }
  }
  return preferInput(merged, a, b);
}

/** What is in both `a` and `b`. An input that is the answer is returned itself. */
export function intersection(a: RangeSet, b: RangeSet): RangeSet {
  if (a === b) return a;
  const shared: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const first = Math.max(at(a, i), at(b, j));
    const lastOfA = at(a, i + 1);
    const lastOfB = at(b, j + 1);
    const last = Math.min(lastOfA, lastOfB);
    if (first <= last) shared.push(first, last);
    if (lastOfA <= lastOfB) i += 2;
    if (lastOfB <= lastOfA) j += 2;
  }
  return preferInput(shared, a, b);
}

/** What is in `a` but not in `b`. Returns `a` itself when they share nothing. */
export function difference(a: RangeSet, b: RangeSet): RangeSet {
  if (a === b) return emptyRanges;
  const rest: number[] = [];
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    let next = at(a, i);
    const last = at(a, i + 1);
    while (j < b.length && at(b, j + 1) < next) j += 2;
    // A range of b may reach into the next range of a, so j stays on the last one that was looked at.
    for (; j < b.length && at(b, j) <= last; j += 2) {
      if (next < at(b, j)) rest.push(next, at(b, j) - 1);
      next = at(b, j + 1) + 1;
      if (next > last) break;
    }
    if (next <= last) rest.push(next, last);
  }
  return preferInput(rest, a, a);
}

/** The union of all of them, in O(n log k): neighbours are merged pair by pair, so no range is copied k times. */
export function unionAll(sets: Iterable<RangeSet>): RangeSet {
  let round: RangeSet[] = [...sets];
  while (round.length > 1) {
    const merged: RangeSet[] = [];
    for (let i = 0; i < round.length; i += 2) merged.push(union(round[i] ?? emptyRanges, round[i + 1] ?? emptyRanges));
    round = merged;
  }
  return round[0] ?? emptyRanges;
}

/** Whether `value` is a member. Binary search. */
export function contains(set: RangeSet, value: number): boolean {
  return overlaps(set, value, value);
}

/** Whether every integer from `first` to `last` is a member; an empty interval (`last < first`) always is. */
export function covers(set: RangeSet, first: number, last: number): boolean {
  if (last < first) return true;
  const index = indexEndingAtOrAfter(set, first);
  return index < set.length && at(set, index) <= first && last <= at(set, index + 1);
}

/** Whether any integer from `first` to `last` is a member; for an empty interval (`last < first`) none is. */
export function overlaps(set: RangeSet, first: number, last: number): boolean {
  if (last < first) return false;
  const index = indexEndingAtOrAfter(set, first);
  return index < set.length && at(set, index) <= last;
}

/** Whether there is no member. */
export function isEmpty(set: RangeSet): boolean {
  return set.length === 0;
}

/** Whether both have the same members. */
export function sameRanges(a: RangeSet, b: RangeSet): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** How many integers are members; exact up to 2^53, beyond every real count. */
export function countOf(set: RangeSet): number {
  let count = 0;
  for (let i = 0; i < set.length; i += 2) count += at(set, i + 1) - at(set, i) + 1;
  return count;
}

/** How many ranges are kept: 1 for a healthy stream, and what memory and merges cost. */
export function rangeCountOf(set: RangeSet): number {
  return set.length / 2;
}

/** The lowest member. */
export function firstOf(set: RangeSet): number | undefined {
  return set[0];
}

/** The highest member. */
export function lastOf(set: RangeSet): number | undefined {
  return set.length === 0 ? undefined : at(set, set.length - 1);
}

/** The members greater than `value`. */
export function above(set: RangeSet, value: number): RangeSet {
  const index = indexEndingAtOrAfter(set, value + 1);
  if (index === set.length) return emptyRanges;
  if (index === 0 && at(set, 0) > value) return set;
  const rest = set.slice(index);
  rest[0] = Math.max(at(rest, 0), value + 1);
  return rest;
}

/** The members not greater than `value`. */
export function upTo(set: RangeSet, value: number): RangeSet {
  const index = indexEndingAtOrAfter(set, value + 1);
  if (index === set.length) return set;
  if (at(set, index) > value) return index === 0 ? emptyRanges : set.slice(0, index);
  const rest = set.slice(0, index + 2);
  rest[index + 1] = value;
  return rest;
}

/** The integers from `first` to `last` that are not members. */
export function gapsWithin(set: RangeSet, first: number, last: number): RangeSet {
  const gaps: number[] = [];
  let next = first;
  for (let i = indexEndingAtOrAfter(set, first); i < set.length && at(set, i) <= last; i += 2) {
    if (next < at(set, i)) gaps.push(next, at(set, i) - 1);
    next = at(set, i + 1) + 1;
  }
  if (next <= last) gaps.push(next, last);
  return gaps.length === 0 ? emptyRanges : gaps;
}

/** The ranges in ascending order, as `[first, last]`. */
export function* eachRange(set: RangeSet): Generator<readonly [number, number]> {
  for (let i = 0; i < set.length; i += 2) yield [at(set, i), at(set, i + 1)];
}

/** The lowest `limit` members in ascending order; the limit is there because a range can hold billions. */
export function* eachMember(set: RangeSet, limit: number): Generator<number> {
  let left = limit;
  for (let i = 0; i < set.length; i += 2) {
    for (let value = at(set, i); value <= at(set, i + 1); value++) {
      if (left-- <= 0) return;
      yield value;
    }
  }
}

/**
 * Adds `first` to `last` to a list of ranges in place; nothing when `last < first`.
 * What extends or follows the last range costs O(1), and no allocation when it extends: that is every message of a
 * healthy stream. Anything else is a binary search and at most one splice.
 */
export function addRange(set: number[], first: number, last: number): void {
  if (last < first) return;
  if (set.length === 0 || first >= at(set, set.length - 2)) appendRange(set, first, last);
  else mergeRange(set, first, last);
}

/**
 * Drops the oldest (lowest) ranges so that at most `maxRanges` remain.
 * `floor` is the lowest value about which the set still speaks: below it, absence means nothing. 0 when none was dropped.
 */
export function foldOldest(set: RangeSet, maxRanges: number): { readonly set: RangeSet; readonly floor: number } {
  const kept = Math.max(0, maxRanges) * 2;
  if (set.length <= kept) return { set, floor: 0 };
  const dropped = set.length - kept;
  return { set: kept === 0 ? emptyRanges : set.slice(dropped), floor: at(set, dropped - 1) + 1 };
}

/**
 * The number at an index that the caller has checked to be inside the list. The compiler cannot see that check, and a
 * fallback value would hide a bug of ours in a set that decides about loss: hence the one assertion of this file.
 */
function at(set: RangeSet, index: number): number {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return set[index] as number;
}

/** Adds a range that begins at or after the beginning of the last one. */
function appendRange(set: number[], first: number, last: number): void {
  const tail = set.length - 1;
  if (tail < 0 || first > at(set, tail) + 1) set.push(first, last);
  else if (last > at(set, tail)) set[tail] = last;
}

/** Adds a range anywhere: the ranges that it overlaps or touches become one with it. */
function mergeRange(set: number[], first: number, last: number): void {
  const from = indexEndingAtOrAfter(set, first - 1);
  let to = indexEndingAtOrAfter(set, last + 1);
  if (to < set.length && at(set, to) <= last + 1) to += 2;
  if (from === to) {
    set.splice(from, 0, first, last);
    return;
  }
  set[from] = Math.min(first, at(set, from));
  set[from + 1] = Math.max(last, at(set, to - 1));
  if (to - from > 2) set.splice(from + 2, to - from - 2);
}

/** The index of the first range that ends at or after `value`; the length of the list when there is none. */
function indexEndingAtOrAfter(set: RangeSet, value: number): number {
  let low = 0;
  let high = set.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(set, middle * 2 + 1) < value) low = middle + 1;
    else high = middle;
  }
  return low * 2;
}

/** Keeps the identity of an input that a merge left as it was: callers then see by reference that nothing changed. */
function preferInput(result: number[], a: RangeSet, b: RangeSet): RangeSet {
  if (sameRanges(result, a)) return a;
  if (sameRanges(result, b)) return b;
  return result.length === 0 ? emptyRanges : result;
}
