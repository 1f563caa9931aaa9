import type { GroupContext } from "./kafka-context.ts";
import type { Place } from "./kafka-places.ts";
import { covers, difference, eachRange, intersection, isEmpty, type RangeSet, rangeOf } from "./range-set.ts";

/** A stretch of a run of sequences, and how the group stands to it. */
interface Part {
  readonly part: Place;
  readonly kind: "done" | "open" | "retained";
}

/** An exact run is judged message by message, another one only as a whole. */
export function partsOf(place: Place, group: GroupContext, retained: RangeSet): readonly Part[] {
  if (!place.exact) return [{ part: place, kind: kindOf(place, group, retained) }];
  const offsets = rangeOf(place.low, place.high);
  const done = intersection(offsets, group.done);
  const rest = difference(offsets, done);
  return [
    ...cutAt(place, intersection(done, group.givenUp), "done"),
    ...cutAt(place, difference(done, group.givenUp), "done"),
    ...cutAt(place, intersection(rest, retained), "retained"),
    ...cutAt(place, difference(rest, retained), "open"),
  ];
}

function kindOf(place: Place, group: GroupContext, retained: RangeSet): Part["kind"] {
  if (!Number.isFinite(place.high)) return "open";
  if (covers(group.done, place.low, place.high)) return "done";
  const rest = difference(rangeOf(place.low, place.high), group.done);
  return isEmpty(difference(rest, retained)) ? "retained" : "open";
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
