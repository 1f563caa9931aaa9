import { difference, intersection, isEmpty, type RangeSet, union, unionAll } from "./range-set.ts";

/** A set of sequences with the time since when each has been in it without a break. Newest last. */
export type AgedRanges = readonly { readonly sinceMs: number; readonly members: RangeSet }[];

const maxEntries = 256;

/** Carries the set over to `members`: what stays keeps its time, what is new starts now, what is gone is forgotten. */
export function carryOver(aged: AgedRanges, members: RangeSet, nowMs: number): AgedRanges {
  const kept: { sinceMs: number; members: RangeSet }[] = [];
  let rest = members;
  for (const entry of aged) {
    const still = intersection(entry.members, rest);
    if (isEmpty(still)) continue;
    kept.push({ sinceMs: entry.sinceMs, members: still });
    rest = difference(rest, still);
  }
  if (!isEmpty(rest)) kept.push({ sinceMs: nowMs, members: rest });
  return kept.length > maxEntries ? mergeOldest(kept) : kept;
}

/** The members that have been there since `atMs` or longer. */
export function standingSince(aged: AgedRanges, atMs: number): RangeSet {
  return unionAll(aged.filter((entry) => entry.sinceMs <= atMs).map((entry) => entry.members));
}

/** Since when the oldest of these has been there; Infinity = none of them is. */
export function sinceOf(aged: AgedRanges, members: RangeSet): number {
  const times = aged.filter((entry) => !isEmpty(intersection(entry.members, members))).map(({ sinceMs }) => sinceMs);
  return Math.min(Number.POSITIVE_INFINITY, ...times);
}

/** All members. */
export function membersOf(aged: AgedRanges): RangeSet {
  return unionAll(aged.map((entry) => entry.members));
}

/** Merging two entries takes the later time: what is merged only has to wait longer. */
function mergeOldest(entries: readonly { sinceMs: number; members: RangeSet }[]): AgedRanges {
  const [a, b, ...rest] = entries;
  if (a === undefined || b === undefined) return entries;
  return [{ sinceMs: Math.max(a.sinceMs, b.sinceMs), members: union(a.members, b.members) }, ...rest];
}
