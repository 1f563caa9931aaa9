import type { Gap } from "./finding.ts";
import type { GroupContext, LaneContext } from "./kafka-context.ts";
import { isEmpty, type RangeSet } from "./range-set.ts";

/** What a group has not got to yet, however long that takes; a finding where nobody is on the way. */
export function pendingGap(
  context: LaneContext,
  group: GroupContext,
  waiting: { readonly producerId: string; readonly sequences: RangeSet; readonly offsets: Gap["offsets"] },
): readonly Gap[] {
  if (isEmpty(waiting.sequences)) return [];
  if (isGone(context, group)) {
    const decidedBy = "The broker does not know the group any more: nobody is going to get there.";
    const gone = { state: "explained", verdict: "consume.unprocessed", cause: undefined } as const;
    return [{ ...waiting, ...gone, group: group.name, decidedBy }];
  }
  const crash = crashOf(context, group);
  return [
    {
      ...waiting,
      group: group.name,
      state: "pending",
      verdict: crash === undefined ? "store.missing" : "consume.stopped",
      cause: undefined,
      decidedBy:
        crash === undefined
          ? "The group has not got there."
          : `The group stands still: its consumer ended for good in a process that lives (${crash}).`,
    },
  ];
}

/** The broker has forgotten it, and no member of it is heard. */
function isGone({ input }: LaneContext, { record, reading }: GroupContext): boolean {
  if (reading?.isGone !== true) return false;
  return ![...record.members.values()].some(
    ({ claim, clientId }) => claim.state === "open" && input.clients.get(clientId) === "alive",
  );
}

/** Why the group stands still: a consumer ended for good in a living process, and nobody else took its place. */
function crashOf({ input }: LaneContext, { record, reading }: GroupContext): string | undefined {
  if (reading?.isEmpty === false) return undefined;
  const alive = [...record.members.values()].filter(({ clientId }) => input.clients.get(clientId) === "alive");
  if (alive.some(({ claim }) => claim.state === "open")) return undefined;
  return alive.find(({ claim }) => claim.crash !== undefined)?.claim.crash;
}
