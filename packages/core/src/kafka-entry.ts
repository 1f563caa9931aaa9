import type { ClientStanding } from "./judge.ts";
import type { GroupMemory, GroupRest } from "./kafka-memory.ts";
import type { GroupRecord } from "./lane-record.ts";
import { type RangeSet, rangeOf, union } from "./range-set.ts";
import type { GroupReading, KafkaReading } from "./reading.ts";

/** Two looks further apart do not show that nobody came and went between them (DESIGN section 10). */
const maxLookGapMs = 2_000;

/** One look at a group, and what its members said before it. */
export interface GroupLook {
  readonly reading: KafkaReading | undefined;
  readonly group: GroupReading | undefined;
  readonly record: GroupRecord;
  readonly before: GroupMemory;
  readonly era: number;
  readonly clients: ReadonlyMap<string, ClientStanding>;
  /** Of the lane's record: where it fell, the store lost what members had said. */
  readonly version: number;
  readonly isStoreDoubted: boolean;
  /** Who may have worked the lane and has said nothing of it. */
  readonly unheard: GroupMemory["unheard"];
  /** Every member of ours said that it left, or has been silent for long. */
  readonly hasAllLeft: boolean;
}

/**
 * Follows a group from a look that found it empty, as long as no look is left out and nobody foreign is seen: what it
 * had committed then is all that anybody can have worked without a word.
 */
export function restAfter(look: GroupLook): GroupRest | undefined {
  const { reading, group, before, era, version } = look;
  if (hasLost(look)) return undefined;
  if (reading === undefined || group === undefined) return before.rest;
  if (group.foreignMemberCount > 0) return undefined;
  const lookedAtMs = reading.endedAtMs;
  if (group.isEmpty && group.committed !== undefined) {
    if (!look.hasAllLeft) return undefined;
    return { committed: group.committed, era, lookedAtMs, version, isEmpty: true };
  }
  // A group whose offsets have expired is empty without a commit: what it had had still counts.
  return isUnbroken(look) && before.rest !== undefined
    ? { ...before.rest, lookedAtMs, version, isEmpty: group.isEmpty }
    : undefined;
}

/** What the group's position was moved over while nobody could have worked it, with what was known before. */
export function passedOverAfter(look: GroupLook, rest: GroupRest | undefined): GroupMemory["passedOver"] {
  const { before, era } = look;
  if (hasLost(look)) return undefined;
  const known = before.passedOver?.era === era ? before.passedOver.offsets : [];
  const offsets = union(union(known, resetOver(look)), enteredPast(look, rest));
  return offsets.length === 0 ? undefined : { era, offsets };
}

/** Empty at two looks, and the commit moved forward between them: somebody reset the group. */
function resetOver(look: GroupLook): RangeSet {
  const { group, before, hasAllLeft } = look;
  if (group?.isEmpty !== true || group.committed === undefined || !hasAllLeft || !isUnbroken(look)) return [];
  return before.rest?.isEmpty === true ? rangeOf(before.rest.committed, group.committed - 1) : [];
}

/**
 * The group's only member began above what was committed, and has committed there itself: its offsets had expired, the
 * log start had passed them, or the partition was new to it and it entered at its end.
 */
function enteredPast(look: GroupLook, rest: GroupRest | undefined): RangeSet {
  const { record, clients, group, era } = look;
  if (look.unheard.size > 0) return [];
  if (group === undefined || group.isEmpty || group.foreignMemberCount > 0) return [];
  const open = [...record.members.values()].filter(({ claim }) => claim.state !== "closed");
  const [only, ...others] = open;
  if (only === undefined || others.length > 0 || clients.get(only.clientId) !== "alive") return [];
  const { began, committed } = only.claim;
  if (began?.era !== era || committed === undefined || committed < began.offset) return [];
  if (rest?.era === era) return rangeOf(rest.committed, began.offset - 1);
  return began.isNewPartition && record.members.size === 1 ? rangeOf(0, began.offset - 1) : [];
}

/** A member that worked and left may be among what the store has lost. */
function hasLost({ before, version, isStoreDoubted }: GroupLook): boolean {
  return isStoreDoubted || version < (before.rest?.version ?? 0);
}

/** The broker has to hold a first joiner back for longer than the time between two looks: else one could come and go. */
function isUnbroken({ before, reading, era }: GroupLook): boolean {
  const { rest } = before;
  if (rest?.era !== era || reading === undefined) return false;
  const gapMs = reading.endedAtMs - rest.lookedAtMs;
  return gapMs <= maxLookGapMs && gapMs < (reading.firstJoinDelayMs ?? 0);
}
