import type { Gap } from "./finding.ts";
import type { GroupContext } from "./kafka-context.ts";
import { isEmpty } from "./range-set.ts";
import { noReceipts } from "./stream-facts.ts";

/** What came further behind later messages of its stream than the application wants: nothing is missing. */
export function disorderOf(groups: readonly GroupContext[], producerId: string): readonly Gap[] {
  return groups.flatMap(({ name, record }): readonly Gap[] => {
    const { late } = record.receipts.get(producerId) ?? noReceipts;
    if (isEmpty(late)) return [];
    return [
      {
        producerId,
        group: name,
        sequences: late,
        state: "explained",
        verdict: "consume.out-of-order",
        cause: undefined,
        offsets: undefined,
        decidedBy: "It came for the first time further behind later messages of its stream than maxDisorder allows.",
      },
    ];
  });
}
