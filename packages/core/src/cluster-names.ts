import { type Lane, type LaneKey, parseLaneKey, sameDestination } from "./lane.ts";
import type { GroupRecord, LaneRecord } from "./lane-record.ts";

/** One destination that its two sides call by different names of the cluster: what is sent there is heard by nobody. */
export interface NamedTwice {
  readonly system: Lane["system"];
  readonly destination: string;
  /** The name under which its messages are stamped. */
  readonly stampedAs: string;
  /** The name under which these groups read them. */
  readonly readAs: string;
  readonly groups: readonly string[];
  readonly partitionCount: number;
}

/** Of these lanes those that differ from another one in the name of the cluster alone: only they need a look. */
export function lanesNamedAlike(keys: Iterable<LaneKey>): readonly Lane[] {
  const byPlace = new Map<string, Lane[]>();
  for (const key of keys) {
    const place = key.replace(/\/[^/]*/, "");
    const lanes = byPlace.get(place);
    const lane = lanes === undefined || lanes.length < maxNames ? parseLaneKey(key) : undefined;
    if (lane === undefined) continue;
    if (lanes === undefined) byPlace.set(place, [lane]);
    else lanes.push(lane);
  }
  return [...byPlace.values()].filter((lanes) => lanes.length > 1).flat();
}

/**
 * Finds destinations whose cluster is named twice: stamped under a name under which no group reads, while under another
 * name groups read messages of the same place that were stamped for somewhere else. A mirror between two clusters that are
 * rightly named looks the same where nobody reads at its source: there, too, nobody audits those messages.
 */
export function findNamedTwice(looks: readonly { readonly lane: Lane; readonly record: LaneRecord }[]): NamedTwice[] {
  const found = new Map<string, { readonly named: Omit<NamedTwice, "partitionCount">; partitionCount: number }>();
  for (const sent of looks) {
    if (!isSentUnheard(sent.record)) continue;
    for (const read of looks) {
      const groups = sameDestination(sent.lane, read.lane) ? readersOfForeign(read.record) : [];
      if (groups.length === 0) continue;
      const { system, destination } = sent.lane;
      const named = { system, destination, stampedAs: sent.lane.cluster, readAs: read.lane.cluster, groups };
      const key = JSON.stringify([system, destination, named.stampedAs, named.readAs]);
      const known = found.get(key);
      if (known === undefined) found.set(key, { named, partitionCount: 1 });
      else known.partitionCount += 1;
    }
  }
  return [...found.values()].map(({ named, partitionCount }) => ({ ...named, partitionCount }));
}

/** What to say of it to a person. */
export function textOfNamedTwice({ system, destination, stampedAs, readAs, groups }: NamedTwice): string {
  return (
    `${system} ${destination}: sent as of cluster "${stampedAs}", read by ${groups.join(", ")} as of cluster "${readAs}". ` +
    "None of it is audited. Give both sides the same option cluster (or none), unless a mirror copies between two clusters."
  );
}

/** More names of one place than this are no mistake in an option any more. */
const maxNames = 8;
const maxGroupsNamed = 16;

function isSentUnheard({ ledgers, groups }: LaneRecord): boolean {
  const isSent = [...ledgers.values()].some(({ assigned }) => assigned > 0);
  return isSent && ![...groups.values()].some((group) => totalOf(group, "received") > 0);
}

function readersOfForeign({ groups }: LaneRecord): readonly string[] {
  const readers = [...groups].filter(([, group]) => totalOf(group, "forwarded") > 0);
  return readers.map(([name]) => name).slice(0, maxGroupsNamed);
}

function totalOf({ members }: GroupRecord, name: "received" | "forwarded"): number {
  return [...members.values()].reduce((sum, { totals }) => sum + totals[name], 0);
}
