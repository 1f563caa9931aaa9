import type { GroupMemory } from "./kafka-memory.ts";
import type { GroupRecord } from "./lane-record.ts";
import type { GroupReading } from "./reading.ts";

/** The highest commits of a group, in this life of the topic and in the one before. */
export interface Commits {
  readonly highestCommit: number;
  /** Of the life before; undefined where there was none, or it is not known. */
  readonly previousCommit?: number | undefined;
  /** Members whose claims are of the life before, with the number of the report that said so. */
  readonly staleClaims?: ReadonlyMap<string, number> | undefined;
}

/**
 * Commits are offsets, and a topic that was made again begins its offsets anew: what was committed in its life before
 * says how far that one was worked, and nothing of this one.
 */
export function commitsAfter(
  before: GroupMemory,
  look: { readonly group: GroupReading | undefined; readonly record: GroupRecord; readonly isMadeAgain: boolean },
): Commits {
  const { group, record, isMadeAgain } = look;
  const claimed = [...record.members]
    .filter(([memberId, { number }]) => before.staleClaims?.get(memberId) !== number)
    .map(([, { claim }]) => claim.committed ?? 0);
  const read = group?.committed ?? 0;
  if (!isMadeAgain) {
    const { previousCommit, staleClaims } = before;
    return { highestCommit: Math.max(before.highestCommit, read, ...claimed), previousCommit, staleClaims };
  }
  return {
    highestCommit: read,
    previousCommit: Math.max(before.highestCommit, ...claimed),
    staleClaims: new Map([...record.members].map(([memberId, { number }]) => [memberId, number])),
  };
}

/** How far the life of the log was worked that ended with this era's beginning. */
export function commitBefore({ highestCommit, previousCommit }: GroupMemory, isMadeAgain: boolean): number {
  return isMadeAgain ? (previousCommit ?? highestCommit) : highestCommit;
}
