import type { Gap } from "./finding.ts";
import type { GroupContext } from "./kafka-context.ts";
import type { Receipts } from "./lane-record.ts";
import { difference, isEmpty, type RangeSet, unionAll, upTo } from "./range-set.ts";
import { processedOf, type StreamFacts } from "./stream-facts.ts";

/** Below the floor the oldest receipts were folded away: what is not among the rest may have been processed, or not. */
export function tooOldGaps(
  facts: StreamFacts,
  { name }: GroupContext,
  receipts: Receipts,
  excluded: RangeSet,
): readonly Gap[] {
  if (receipts.floor <= 1) return [];
  const { ledger, promised, verdicts } = facts;
  const known = unionAll([processedOf(receipts, ledger.assigned), receipts.rejected, receipts.lost, verdicts.lost]);
  const sequences = difference(upTo(promised, receipts.floor - 1), unionAll([known, excluded]));
  if (isEmpty(sequences)) return [];
  return [
    {
      producerId: ledger.producerId,
      group: name,
      sequences,
      state: "in-doubt",
      verdict: "store.missing",
      cause: "too-old",
      offsets: undefined,
      decidedBy: "The group's receipts from here down were folded away: there were too many gaps to keep them all.",
    },
  ];
}
