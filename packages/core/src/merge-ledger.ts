import type { LedgerReport } from "./ledger-report.ts";
import { isClone, isRepeat } from "./merge-chain.ts";
import { difference, type RangeSet, unionAll } from "./range-set.ts";
import type { Answer } from "./store.ts";
import { noRequests, type StoredLane, withEntry } from "./stored-lane.ts";

/** A record after a report, and what the report's author is told. The same record where nothing was stored. */
export interface Merged {
  readonly lane: StoredLane;
  readonly answer: Answer;
}

/**
 * Stores a producer's report of one stream. It is whole, so any later number heals whatever was lost before; the nonce
 * it builds on is compared and not kept.
 */
export function mergeLedger(lane: StoredLane, report: LedgerReport): Merged {
  const stored = lane.ledgers.get(report.producerId);
  if (isRepeat(stored, report)) return { lane, answer: storedAnswer(lane, report) };
  if (isClone(stored, report)) return { lane, answer: { kind: "clone" } };
  const known = stored === undefined ? meetStream(lane, report) : lane;
  const merged: StoredLane = {
    ...withEra(known, Math.max(0, ...[...report.chunks, ...report.brackets].map(({ era }) => era))),
    version: lane.version + 1,
    ledgers: withEntry(lane.ledgers, report.producerId, { ...report, buildsOn: "" }),
  };
  return { lane: merged, answer: storedAnswer(merged, report) };
}

/**
 * The lane in at least this era. A label that is ahead of the record shows that the record lost the rise; what was cut
 * then is unknown until an auditor says it again.
 */
export function withEra(lane: StoredLane, era: number): StoredLane {
  return era > lane.era ? { ...lane, era, cut: undefined } : lane;
}

/**
 * A stream's first ledger: it leaves the unknown ones, and starts above all receipts that found no room. One that is not
 * its producer's first report may be of a stream that was collected: its receipts went with it, so it starts above.
 */
function meetStream(lane: StoredLane, { producerId, assigned, number }: LedgerReport): StoredLane {
  const unknown = new Map(lane.unknown);
  for (const [group, streams] of unknown) {
    if (streams.has(producerId)) unknown.set(group, new Set([...streams].filter((stream) => stream !== producerId)));
  }
  const requests = lane.requests.get(producerId) ?? noRequests;
  const dropped = lane.droppedTo === 0 ? 0 : Math.max(assigned, lane.droppedTo) + 1;
  const collected = number === 1 || lane.collected.highest === 0 ? 0 : Math.min(assigned, lane.collected.highest) + 1;
  const floor = Math.max(requests.floor, dropped, collected);
  if (floor === 0) return { ...lane, unknown };
  return { ...lane, unknown, requests: withEntry(lane.requests, producerId, { ...requests, floor }) };
}

function storedAnswer(lane: StoredLane, report: LedgerReport): Answer {
  const { asked, settledTo } = lane.requests.get(report.producerId) ?? noRequests;
  return { kind: "stored", era: lane.era, asked: difference(asked, referencedBy(report)), settledTo };
}

/** The sequences for which a report brings the application's own words. */
function referencedBy(report: LedgerReport): RangeSet {
  return unionAll(report.references.map(({ sequence }) => [sequence, sequence]));
}
