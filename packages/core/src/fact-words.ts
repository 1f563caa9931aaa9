import type { Instance } from "./finding.ts";
import { type RangeSet, rangeCountOf } from "./range-set.ts";
import { formatRanges } from "./range-set-text.ts";

/** `sequence 5`, `sequences 5-6,9`, and of a torn stream the first of them. */
export function sequencesIn(set: RangeSet): string {
  return namedRanges("sequence", set);
}

/** `offset 104`, `offsets 104-108`. */
export function offsetsIn(set: RangeSet): string {
  return namedRanges("offset", set);
}

/** Whoever has not signed yet, or is forgotten, is known by the id alone. */
export function instanceOf(
  clientId: string,
  { instances }: { readonly instances: ReadonlyMap<string, Instance> },
): Instance {
  return instances.get(clientId) ?? { clientId, service: "" };
}

/** `orders-api (host-1:7)`, or as much of it as is known. */
export function nameOf({ clientId, service, instance }: Instance): string {
  if (service === "") return clientId;
  return instance === undefined ? service : `${service} (${instance})`;
}

/** RFC 3339, UTC. No clock is asked: the time was handed in. */
export function timeIn(wallMs: number): string {
  return Math.abs(wallMs) <= 8.64e15 ? new Date(wallMs).toISOString() : "an unknown time";
}

function namedRanges(noun: string, set: RangeSet): string {
  const isOne = set.length === 2 && set[0] === set[1];
  const more = rangeCountOf(set) - maxRanges;
  const shown = formatRanges(set.slice(0, 2 * maxRanges));
  return `${noun}${isOne ? "" : "s"} ${shown}${more > 0 ? ` and ${more} more ranges` : ""}`;
}

const maxRanges = 8;
