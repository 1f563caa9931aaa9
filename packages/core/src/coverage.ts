import type { Lane } from "./lane.ts";
import type { LaneRecord } from "./lane-record.ts";
import type { ReceiptTotals } from "./testimony-report.ts";

/** How much of what passes through one destination is audited. */
export interface DestinationCoverage {
  readonly system: Lane["system"];
  readonly cluster: string;
  readonly destination: string;
  readonly streams: number;
  /** Stamped by the streams that are known. */
  readonly stamped: number;
  /** Sent by watched producers without a stamp: too large, switched off, of a kind that cannot be audited. */
  readonly unstamped: number;
  readonly groups: readonly GroupCoverage[];
}

/** What the members of a group that are known have received, over their lives. */
export interface GroupCoverage {
  readonly group: string;
  /** With a stamp or without. */
  readonly received: number;
  /** Without a stamp, or with one that is none: a producer is not watched. */
  readonly unstamped: number;
  /** Stamped for another place: copies. */
  readonly forwarded: number;
  /** The share that is audited here, 0 to 1; 1 where nothing was received. */
  readonly audited: number;
}

/** Sums up the records of lanes by destination. */
export function coverageOf(
  looks: Iterable<{ readonly lane: Lane; readonly record: LaneRecord }>,
): readonly DestinationCoverage[] {
  const sums = new Map<string, Sum>();
  for (const { lane, record } of looks) {
    const key = JSON.stringify([lane.system, lane.cluster, lane.destination]);
    const sum = sums.get(key) ?? { lane, streams: 0, stamped: 0, unstamped: 0, groups: new Map() };
    sums.set(key, sum);
    for (const { assigned, unauditedCount } of record.ledgers.values()) {
      sum.streams += 1;
      sum.stamped += assigned;
      sum.unstamped += unauditedCount;
    }
    for (const [name, { members }] of record.groups) {
      const group = sum.groups.get(name) ?? { received: 0, unstamped: 0, forwarded: 0 };
      for (const { totals } of members.values()) add(group, lane.system, totals);
      sum.groups.set(name, group);
    }
  }
  return [...sums.values()].map(toCoverage);
}

interface Sum {
  readonly lane: Lane;
  streams: number;
  stamped: number;
  unstamped: number;
  readonly groups: Map<string, Counts>;
}

interface Counts {
  received: number;
  unstamped: number;
  forwarded: number;
}

function add(counts: Counts, system: Lane["system"], totals: ReceiptTotals): void {
  // A Kafka member counts every record as received, a RabbitMQ consumer those that belong to its lane.
  const others = system === "kafka" ? 0 : totals.unstamped + totals.forwarded;
  counts.received += totals.received + others;
  counts.unstamped += totals.unstamped;
  counts.forwarded += totals.forwarded;
}

function toCoverage({ lane, groups, ...sums }: Sum): DestinationCoverage {
  const { system, cluster, destination } = lane;
  return {
    system,
    cluster,
    destination,
    ...sums,
    groups: [...groups].map(([group, counts]) => ({ group, ...counts, audited: auditedShare(counts) })),
  };
}

function auditedShare({ received, unstamped, forwarded }: Counts): number {
  return received === 0 ? 1 : Math.max(0, received - unstamped - forwarded) / received;
}
