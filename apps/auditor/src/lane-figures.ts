import {
  type ClientStanding,
  countOf,
  type GroupRecord,
  type LaneRecord,
  type LedgerReport,
  type RangeSet,
  type Receipts,
} from "@seqwatch/core";
import type { MessageTotals } from "@seqwatch/otel";

type Standings = ReadonlyMap<string, ClientStanding>;

/** What one snapshot of a lane says in figures. */
export interface LaneFigures {
  readonly active: number;
  readonly blind: number;
  /** By producer: what it had sent. */
  readonly sent: ReadonlyMap<string, number>;
  /** "" = at the stream, for every group. */
  readonly groups: ReadonlyMap<string, GroupFigures>;
}

interface GroupFigures {
  /** By client: totals of its life. */
  readonly members: ReadonlyMap<string, Partial<MessageTotals>>;
  /** Counts of sets that only grow while their stream is known. */
  readonly counts: Partial<MessageTotals>;
}

export function figuresOf(snapshot: LaneRecord, clients: Standings): LaneFigures {
  const streams = [...snapshot.ledgers.values()].filter((ledger) => isActive(ledger, clients));
  const isHeard = [...snapshot.groups.values()].some((group) => hasOpenMember(group, clients));
  const blind = streams.filter(({ clientId }) => !isHeard || clients.get(clientId) === "silent");
  const groups = new Map<string, GroupFigures>();
  const verdicts = [...snapshot.verdicts.values()];
  groups.set("", {
    members: new Map(),
    counts: { lost: summed(verdicts, ({ lost }) => lost), late: summed(verdicts, ({ withdrawn }) => withdrawn) },
  });
  for (const [name, group] of snapshot.groups) groups.set(name, groupFiguresOf(group));
  return {
    active: streams.length,
    blind: blind.length,
    sent: new Map([...snapshot.ledgers].map(([producerId, { assigned }]) => [producerId, assigned])),
    groups,
  };
}

/** Whether anybody writes or reads in a lane. */
export function isLiveLane(snapshot: LaneRecord, clients: Standings): boolean {
  return (
    [...snapshot.ledgers.values()].some((ledger) => isActive(ledger, clients)) ||
    [...snapshot.groups.values()].some((group) => hasOpenMember(group, clients))
  );
}

/** A stream that has neither ended nor lost its producer to a clean close. */
function isActive(ledger: LedgerReport, clients: Standings): boolean {
  return ledger.ended !== ledger.assigned && clients.get(ledger.clientId) !== "closed";
}

function hasOpenMember(group: GroupRecord, clients: Standings): boolean {
  return [...group.members.values()].some(
    ({ claim, clientId }) => claim.state === "open" && clients.get(clientId) === "alive",
  );
}

function groupFiguresOf(group: GroupRecord): GroupFigures {
  const receipts = [...group.receipts.values()];
  const members = new Map<string, Partial<MessageTotals>>();
  for (const [memberId, { totals }] of group.members) members.set(memberId, totals);
  return {
    members,
    counts: {
      lost: summed(receipts, ({ lost }) => lost),
      late: summed(receipts, ({ withdrawn }) => withdrawn),
      duplicated: summed(receipts, ({ duplicate }: Receipts) => duplicate),
      redelivered: receipts.reduce((sum, { repeats }) => sum + repeats.redelivered + repeats.replayed, 0),
    },
  };
}

function summed<Record>(records: readonly Record[], pick: (record: Record) => RangeSet): number {
  return records.reduce((sum, record) => sum + countOf(pick(record)), 0);
}
