import type { Collection } from "./collection.ts";
import type { GroupRecord } from "./lane-record.ts";
import { noVerdicts } from "./merge-notes.ts";
import { countOf } from "./range-set.ts";
import { emptyLane, emptyReceipts, type StoredLane } from "./stored-lane.ts";

/**
 * Drops what has had its time, unless it was written since that was decided. What goes is counted in the tally; the
 * highest sequence that went is the floor of a stream that should come back all the same. The empty lane: all went.
 */
export function mergeCollection(lane: StoredLane, collection: Collection): StoredLane {
  const { wholeAtVersion } = collection;
  if (wholeAtVersion !== undefined) return wholeAtVersion === lane.version ? emptyLane : lane;
  let merged = lane;
  for (const stream of collection.streams) merged = withoutStream(merged, stream);
  for (const member of collection.members) merged = withoutMember(merged, member);
  for (const group of collection.groups) merged = withoutGroup(merged, group);
  return merged === lane ? lane : { ...merged, version: lane.version + 1 };
}

function withoutStream(lane: StoredLane, stream: Collection["streams"][number]): StoredLane {
  const { producerId, number } = stream;
  const ledger = lane.ledgers.get(producerId);
  if (ledger?.number !== number) return lane;
  const groups = new Map<string, GroupRecord>();
  let lost = countOf((lane.verdicts.get(producerId) ?? noVerdicts).lost);
  for (const [name, group] of lane.groups) {
    lost += countOf((group.receipts.get(producerId) ?? emptyReceipts).lost);
    groups.set(name, { ...group, receipts: without(group.receipts, producerId) });
  }
  const { collected } = lane;
  return {
    ...lane,
    groups,
    ledgers: without(lane.ledgers, producerId),
    verdicts: without(lane.verdicts, producerId),
    requests: without(lane.requests, producerId),
    againFirst: new Map([...lane.againFirst].filter(([key]) => !key.endsWith(`\0${producerId}`))),
    collected: {
      streams: collected.streams + 1,
      messages: collected.messages + ledger.assigned,
      lost: collected.lost + lost,
      highest: Math.max(collected.highest, ledger.assigned),
    },
  };
}

function withoutMember(lane: StoredLane, { group, memberId, number }: Collection["members"][number]): StoredLane {
  const record = lane.groups.get(group);
  if (record?.members.get(memberId)?.number !== number) return lane;
  const members = without(record.members, memberId);
  return { ...lane, groups: new Map(lane.groups).set(group, { ...record, members }) };
}

function withoutGroup(lane: StoredLane, name: string): StoredLane {
  const group = lane.groups.get(name);
  if (group === undefined || group.members.size > 0) return lane;
  return {
    ...lane,
    groups: without(lane.groups, name),
    unknown: without(lane.unknown, name),
    againFirst: new Map([...lane.againFirst].filter(([key]) => !key.startsWith(`${name}\0`))),
  };
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  if (!map.has(key)) return map;
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}
