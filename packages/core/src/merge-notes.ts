import type { Receipts, StreamVerdicts } from "./lane-record.ts";
import { maxRanges } from "./ledger-report.ts";
import { boundReceipts } from "./merge-receipts.ts";
import { emptyRanges, foldOldest, type RangeSet, union } from "./range-set.ts";
import type { AuditNotes } from "./store.ts";
import {
  emptyGroup,
  emptyReceipts,
  noRequests,
  type StoredLane,
  type StreamRequests,
  withEntry,
} from "./stored-lane.ts";

export const noVerdicts: StreamVerdicts = { seen: emptyRanges, lost: emptyRanges, withdrawn: emptyRanges };

/** Adds what an auditor notes. The same record where it knew all of it. */
export function mergeNotes(lane: StoredLane, notes: AuditNotes): StoredLane {
  let merged = lane;
  for (const { group, to } of notes.doubts) merged = doubtGroup(merged, group, to);
  for (const { group, producerId, to } of notes.streamDoubts) {
    merged = changeReceipts(merged, group, producerId, (receipts) =>
      to > receipts.doubtTo ? { ...receipts, doubtTo: to } : receipts,
    );
  }
  for (const { producerId, sequences } of notes.seen) merged = addVerdict(merged, producerId, "seen", sequences);
  for (const { producerId, group, sequences } of notes.withdrawn) {
    merged =
      group === undefined
        ? addVerdict(merged, producerId, "withdrawn", sequences)
        : addToReceipts(merged, { group, producerId, set: "withdrawn", sequences });
  }
  for (const { producerId, to } of notes.settled) {
    merged = changeRequests(merged, producerId, (known) =>
      to > known.settledTo ? { ...known, settledTo: to } : known,
    );
  }
  for (const { producerId, sequences } of notes.asked) merged = ask(merged, producerId, sequences);
  if (notes.eraRise !== undefined) merged = raiseEra(merged, notes.eraRise);
  return merged === lane ? lane : { ...merged, version: lane.version + 1 };
}

/** Adds to what is decided of a stream for every group; what folds raises the floor of the stream. */
export function addVerdict(
  lane: StoredLane,
  producerId: string,
  set: keyof StreamVerdicts,
  sequences: RangeSet,
): StoredLane {
  const verdicts = lane.verdicts.get(producerId) ?? noVerdicts;
  const added = union(verdicts[set], sequences);
  if (added === verdicts[set]) return lane;
  const folded = foldOldest(added, maxRanges);
  const changed = { ...lane, verdicts: withEntry(lane.verdicts, producerId, { ...verdicts, [set]: folded.set }) };
  return changeRequests(changed, producerId, (known) =>
    folded.floor > known.floor ? { ...known, floor: folded.floor } : known,
  );
}

/** Adds to what is decided of a stream for one group. */
export function addToReceipts(
  lane: StoredLane,
  news: {
    readonly group: string;
    readonly producerId: string;
    readonly set: "lost" | "withdrawn";
    readonly sequences: RangeSet;
  },
): StoredLane {
  const { group, producerId, set, sequences } = news;
  return changeReceipts(lane, group, producerId, (receipts) => {
    const added = union(receipts[set], sequences);
    return added === receipts[set] ? receipts : boundReceipts({ ...receipts, [set]: added });
  });
}

function doubtGroup(lane: StoredLane, name: string, to: number): StoredLane {
  const group = lane.groups.get(name) ?? emptyGroup;
  return to <= group.doubtTo ? lane : { ...lane, groups: withEntry(lane.groups, name, { ...group, doubtTo: to }) };
}

function changeReceipts(
  lane: StoredLane,
  name: string,
  producerId: string,
  change: (receipts: Receipts) => Receipts,
): StoredLane {
  const group = lane.groups.get(name) ?? emptyGroup;
  const receipts = group.receipts.get(producerId) ?? emptyReceipts;
  const changed = change(receipts);
  if (changed === receipts) return lane;
  const merged = { ...group, receipts: withEntry(group.receipts, producerId, changed) };
  return { ...lane, groups: withEntry(lane.groups, name, merged) };
}

function ask(lane: StoredLane, producerId: string, sequences: RangeSet): StoredLane {
  return changeRequests(lane, producerId, (known) => {
    const asked = union(known.asked, sequences);
    return asked === known.asked ? known : { ...known, asked: foldOldest(asked, maxRanges).set };
  });
}

function changeRequests(
  lane: StoredLane,
  producerId: string,
  change: (requests: StreamRequests) => StreamRequests,
): StoredLane {
  const requests = lane.requests.get(producerId) ?? noRequests;
  const changed = change(requests);
  return changed === requests ? lane : { ...lane, requests: withEntry(lane.requests, producerId, changed) };
}

/** The first cut told of an era stands: two auditors see the same fall. An era known by its label alone has none yet. */
function raiseEra(lane: StoredLane, { era, cut }: { readonly era: number; readonly cut: number }): StoredLane {
  const isNews = era > lane.era || (era === lane.era && era > 0 && lane.cut === undefined);
  return isNews ? { ...lane, era, cut } : lane;
}
