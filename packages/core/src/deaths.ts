import { maxRanges } from "./ledger-report.ts";
import { emptyRanges, foldOldest, isEmpty, type RangeSet, union, unionAll } from "./range-set.ts";

/** Why a queue handed a message on to its dead-letter exchange, in the words of RabbitMQ's `x-death`. */
export type DeathReason = "expired" | "maxlen" | "rejected" | "delivery_limit";

/** What was seen of a stream behind the dead-letter exchange of a queue, by the reason. */
export type Deaths = Readonly<Partial<Record<DeathReason, RangeSet>>>;

export const deathReasons: readonly DeathReason[] = ["expired", "maxlen", "rejected", "delivery_limit"];

/** All of them, whatever the reason. */
export function deadOf(deaths: Deaths | undefined): RangeSet {
  return deaths === undefined ? emptyRanges : unionAll(Object.values(deaths));
}

/** Adds what was seen. What folds away is forgotten: a death only explains, so nothing rests on it. */
export function mergeDeaths(known: Deaths | undefined, news: Deaths | undefined): Deaths | undefined {
  if (isEmpty(deadOf(news))) return known;
  const merged: Partial<Record<DeathReason, RangeSet>> = { ...known };
  for (const reason of deathReasons) {
    const added = union(known?.[reason] ?? emptyRanges, news?.[reason] ?? emptyRanges);
    if (!isEmpty(added)) merged[reason] = foldOldest(added, maxRanges).set;
  }
  return merged;
}
