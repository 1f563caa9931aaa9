import type { GroupContext } from "./kafka-context.ts";
import type { Place } from "./kafka-places.ts";
import { covers, difference, eachRange, intersection, isEmpty, type RangeSet, rangeOf, union } from "./range-set.ts";

/** A stretch of a run of sequences, and how the group stands to it. */
export interface Part {
  readonly part: Place;
  /** "retained": the log start passed it while the group rested; "passed": the group went past it by itself. */
  readonly kind: "done" | "open" | "retained" | "passed";
}

/** Offsets that nobody of the group will work any more. */
export interface Missed {
  readonly retained: RangeSet;
  readonly passed: RangeSet;
}

/** An exact run is judged message by message, another one only as a whole. */
export function partsOf(place: Place, group: GroupContext, { retained, passed }: Missed): readonly Part[] {
  if (!place.exact) return [{ part: place, kind: kindOf(place, group, { retained, passed }) }];
  const offsets = rangeOf(place.low, place.high);
  const done = intersection(offsets, group.done);
  const rest = difference(offsets, done);
  return [
    ...cutAt(place, intersection(done, group.givenUp), "done"),
    ...cutAt(place, difference(done, group.givenUp), "done"),
    ...cutAt(place, intersection(rest, retained), "retained"),
    ...cutAt(place, difference(intersection(rest, passed), retained), "passed"),
    ...cutAt(place, difference(rest, union(retained, passed)), "open"),
  ];
}

function kindOf(place: Place, group: GroupContext, { retained, passed }: Missed): Part["kind"] {
  if (!Number.isFinite(place.high)) return "open";
  if (covers(group.done, place.low, place.high)) return "done";
  const rest = difference(rangeOf(place.low, place.high), group.done);
  if (isEmpty(difference(rest, retained))) return "retained";
  return isEmpty(difference(rest, union(retained, passed))) ? "passed" : "open";
}

function cutAt(place: Place, offsets: RangeSet, kind: Part["kind"]): readonly Part[] {
  return [...eachRange(offsets)].map(([low, high]) => ({
    kind,
    part: {
      ...place,
      first: place.first + (low - place.low),
      last: place.first + (high - place.low),
      low,
      high,
      told: place.told === undefined ? undefined : low,
    },
  }));
}
