import type { GroupContext, LaneContext } from "./kafka-context.ts";
import { cutAt, type Place } from "./kafka-places.ts";

/** What can be said of messages whose offsets are of an era that is over. */
export interface RuledOlder {
  readonly place: Place;
  readonly ruling: { readonly kind: "pending" } | { readonly kind: "doubt"; readonly cause: "two-eras" };
}

/** What lies below the place where the log was cut is there as before, and before a group that has not got there. */
export function ruleOlder(context: LaneContext, group: GroupContext, place: Place): readonly RuledOlder[] {
  const cut = context.eraRise === undefined ? keptBelow(context) : 0;
  const passed = Math.max(group.lastDone + 1, group.memory.highestCommit, group.reading?.committed ?? 0);
  const parts = cutAt(place, passed).flatMap((part) => cutAt(part, cut));
  return parts.map((part) => {
    const isAhead = part.era === context.era - 1 && part.high >= passed && part.high < cut;
    return { place: part, ruling: isAhead ? { kind: "pending" } : { kind: "doubt", cause: "two-eras" } };
  });
}

/** Of a topic that was made again nothing is left, and where the log end could not be read nobody knows what is. */
function keptBelow({ input, era, madeAgainIn }: LaneContext): number {
  const { cut } = input.snapshot;
  return cut === undefined || cut === Number.MAX_SAFE_INTEGER || madeAgainIn === era ? 0 : cut;
}
