import type { GroupMemory } from "./kafka-memory.ts";
import type { GroupRecord } from "./lane-record.ts";
import type { GroupReading } from "./reading.ts";

/**
 * Follows the members of ours that may have a lane and have not said a word of it. One whose reports do not arrive gives
 * its life sign all the same, so it is no stranger, and what it works nobody tells.
 */
export function unheardAfter(
  before: GroupMemory["unheard"],
  group: GroupReading | undefined,
  record: GroupRecord,
  nowMs: number,
): GroupMemory["unheard"] {
  const heard = new Set([...record.members.values()].map(({ clientId }) => clientId));
  const unheard = new Map([...before].filter(([clientId]) => !heard.has(clientId)));
  if (group === undefined) return unheard;
  for (const [clientId, goneAtMs] of unheard)
    if (!group.watchedClients.has(clientId)) unheard.set(clientId, goneAtMs ?? nowMs);
  for (const [clientId, mayHaveIt] of group.watchedClients) {
    if (!mayHaveIt) unheard.delete(clientId);
    else if (!heard.has(clientId)) unheard.set(clientId, undefined);
  }
  return unheard;
}

/** Those that left so long ago that their last report would have come: what they worked will never be told. */
export function neverHeard(unheard: GroupMemory["unheard"], beforeMs: number): readonly string[] {
  return [...unheard].filter(([, goneAtMs]) => goneAtMs !== undefined && goneAtMs <= beforeMs).map(([id]) => id);
}
