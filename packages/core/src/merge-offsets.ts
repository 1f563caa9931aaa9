import type { GroupOffsets, GroupRecord } from "./lane-record.ts";
import { maxRanges } from "./ledger-report.ts";
import { above, emptyRanges, foldOldest, type RangeSet, sameRanges, union, unionAll } from "./range-set.ts";
import { maxEras } from "./stored-lane.ts";
import type { EpochRun, TestimonyReport } from "./testimony-report.ts";

/** Ranges kept of offsets that only forbid. */
const maxForbiddenRanges = 64;
const maxEpochRuns = 64;

export const noOffsets: GroupOffsets = {
  handled: emptyRanges,
  givenUp: emptyRanges,
  jumped: emptyRanges,
  unstamped: emptyRanges,
  foreign: emptyRanges,
  epochs: [],
};

/** What of a report's left-behind offsets is evidence. Below `doubtTo` somebody unheard may have done the work. */
export interface LeftBehind {
  readonly givenUp: RangeSet;
  readonly jumped: RangeSet;
  /**
   * Whether all offsets of the kind were kept. The report does not say which sequence lies at which offset, so the
   * sequences are kept only then.
   */
  readonly keepsGivenUp: boolean;
  readonly keepsJumped: boolean;
}

/** Drops the left-behind offsets that prove nothing. */
export function leftBehindOf(report: TestimonyReport, doubtTo: number): LeftBehind {
  const givenUp = above(report.givenUp, doubtTo - 1);
  const jumped = above(report.jumped, doubtTo - 1);
  return {
    givenUp,
    jumped,
    keepsGivenUp: sameRanges(givenUp, report.givenUp),
    keepsJumped: sameRanges(jumped, report.jumped),
  };
}

/** The group's offsets with those of a report; the newest eras are kept, and what folds raises the floor. */
export function mergeOffsets(
  group: GroupRecord,
  report: TestimonyReport,
  left: LeftBehind,
): { readonly done: GroupRecord["done"]; readonly floor: number } {
  const stored = group.done.get(report.era) ?? noOffsets;
  const handled = foldOldest(union(stored.handled, report.handled), maxRanges);
  const givenUp = foldOldest(union(stored.givenUp, left.givenUp), maxRanges);
  const jumped = foldOldest(union(stored.jumped, left.jumped), maxRanges);
  const merged: GroupOffsets = {
    handled: handled.set,
    givenUp: givenUp.set,
    jumped: jumped.set,
    unstamped: foldToHull(union(stored.unstamped, report.unstamped), maxForbiddenRanges),
    foreign: foldToHull(union(stored.foreign, report.foreign), maxForbiddenRanges),
    epochs: mergeEpochs(stored.epochs, report.epochs),
  };
  const done = new Map(group.done);
  if (!isNothing(merged)) done.set(report.era, merged);
  for (const era of [...done.keys()].sort((a, b) => b - a).slice(maxEras)) done.delete(era);
  return { done, floor: Math.max(group.floor, handled.floor, givenUp.floor, jumped.floor) };
}

/** All offsets that a group is done with in one era. */
export function doneIn(offsets: GroupOffsets | undefined): RangeSet {
  return offsets === undefined ? emptyRanges : unionAll([offsets.handled, offsets.givenUp, offsets.jumped]);
}

/** At most so many ranges, the lowest ones joined over their gaps: only for sets where more members are harmless. */
function foldToHull(set: RangeSet, limit: number): RangeSet {
  const excess = set.length / 2 - limit;
  return excess <= 0 ? set : [set[0] ?? 0, ...set.slice(2 * excess + 1)];
}

/** Per epoch the union of both; sorted by first offset, then epoch; the highest are kept. */
function mergeEpochs(a: readonly EpochRun[], b: readonly EpochRun[]): readonly EpochRun[] {
  const byEpoch = new Map<number, RangeSet>();
  for (const { epoch, first, last } of [...a, ...b]) {
    byEpoch.set(epoch, union(byEpoch.get(epoch) ?? emptyRanges, [first, last]));
  }
  const runs: EpochRun[] = [];
  for (const [epoch, set] of byEpoch) {
    for (let i = 0; i < set.length; i += 2) runs.push({ epoch, first: set[i] ?? 0, last: set[i + 1] ?? 0 });
  }
  return runs.sort((x, y) => x.first - y.first || x.epoch - y.epoch).slice(-maxEpochRuns);
}

function isNothing(offsets: GroupOffsets): boolean {
  return Object.values(offsets).every((set: readonly unknown[]) => set.length === 0);
}
