import type { PassInput } from "./audit-pass.ts";
import type { Finding } from "./finding.ts";
import { updateFindings } from "./findings.ts";
import { judge } from "./judge.ts";
import { difference, isEmpty, type RangeSet, unionAll } from "./range-set.ts";

/** Findings that were opened between two passes, and the version of the record that showed them. */
export interface HurriedFindings {
  readonly version: number;
  readonly findings: readonly Finding[];
}

/**
 * A look at a lane for the sake of suspicion alone, while a pass may wait for brokers that are just being restarted: what
 * the producer itself says was left out of an answer is suspected without any reading. Nothing is decided, noted or
 * remembered. `known` are all findings of the lane at that moment.
 */
export async function lookHurriedly(input: PassInput, known: () => readonly Finding[]): Promise<HurriedFindings> {
  const { store, lane, audit, clients, storeDoubted, policy } = input;
  const snapshot = await store.readLane(lane);
  const nowMs = input.nowMs();
  const { gaps } = judge({
    lane,
    snapshot,
    reading: undefined,
    clients,
    storeDoubted,
    memory: audit.memory,
    nowMs,
    policy,
  });
  const suspected = gaps.flatMap((gap) => {
    if (gap.state !== "suspected" || gap.group !== undefined) return [];
    const sequences = difference(gap.sequences, everSaid(known(), gap.producerId));
    return isEmpty(sequences) ? [] : [{ ...gap, sequences }];
  });
  const findings = updateFindings([], {
    lane,
    snapshot,
    gaps: suspected,
    confirmed: [],
    withdrawn: [],
    instances: input.instances,
    clients,
    reading: undefined,
    stamps: [],
    wallMs: input.wallMs(),
    nowMs,
  });
  const taken = findings.length > 0 ? await store.saveFindings(findings, input.auditorId) : new Set();
  return { version: snapshot.version, findings: findings.filter(({ id }) => taken.has(id)) };
}

function everSaid(known: readonly Finding[], producerId: string): RangeSet {
  const own = known.filter((finding) => finding.producerId === producerId && finding.group === undefined);
  return unionAll(own.flatMap((finding) => Object.values(finding.sequences)));
}
