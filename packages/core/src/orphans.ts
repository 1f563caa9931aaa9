import type { Finding, Gap } from "./finding.ts";
import type { LaneRecord } from "./lane-record.ts";
import { difference, emptyRanges, intersection, isEmpty, type RangeSet, union, unionAll } from "./range-set.ts";

/** By stream and group: what is final, as far as this auditor has made findings of it. */
export type ToldLosses = ReadonlyMap<string, RangeSet>;

/**
 * Losses that the record calls final and no finding does: an auditor died, or its store failed, after the confirmation
 * and before the finding was saved. What was announced of them before keeps its verdict.
 */
export function orphansOf(snapshot: LaneRecord, told: ToldLosses, findings: readonly Finding[]): readonly Gap[] {
  const gaps: Gap[] = [];
  for (const { producerId, group, lost } of lossesIn(snapshot)) {
    const about = findings.filter((finding) => finding.producerId === producerId && finding.group === group);
    const said = about.flatMap(({ sequences }) => [sequences.confirmed ?? [], sequences.withdrawn ?? []]);
    let rest = difference(lost, unionAll([told.get(keyOf(producerId, group)) ?? emptyRanges, ...said]));
    const orphan: Omit<Gap, "sequences"> = {
      producerId,
      group,
      state: "confirmed",
      verdict: "store.missing",
      cause: undefined,
      offsets: undefined,
      decidedBy: "Confirmed by an earlier auditor, whose evidence is not kept.",
    };
    for (const { sequences, verdict, decidedBy, offsets } of about) {
      const part = intersection(rest, unionAll(Object.values(sequences)));
      if (isEmpty(part)) continue;
      gaps.push({ ...orphan, verdict, decidedBy, offsets, sequences: part });
      rest = difference(rest, part);
    }
    if (!isEmpty(rest)) gaps.push({ ...orphan, sequences: rest });
  }
  return gaps;
}

/** Everything final that findings were made of by the end of a pass. */
export function toldBy(snapshot: LaneRecord, confirmed: readonly Gap[]): ToldLosses {
  const told = new Map<string, RangeSet>();
  for (const { producerId, group, lost } of lossesIn(snapshot)) told.set(keyOf(producerId, group), lost);
  for (const { producerId, group, sequences } of confirmed) {
    const key = keyOf(producerId, group);
    told.set(key, union(told.get(key) ?? emptyRanges, sequences));
  }
  return told;
}

function* lossesIn(snapshot: LaneRecord): Generator<{
  readonly producerId: string;
  readonly group: string | undefined;
  readonly lost: RangeSet;
}> {
  for (const [producerId, { lost }] of snapshot.verdicts) {
    if (!isEmpty(lost)) yield { producerId, group: undefined, lost };
  }
  for (const [group, { receipts }] of snapshot.groups) {
    for (const [producerId, { lost }] of receipts) if (!isEmpty(lost)) yield { producerId, group, lost };
  }
}

function keyOf(producerId: string, group: string | undefined): string {
  return group === undefined ? producerId : `${producerId} ${group}`;
}
