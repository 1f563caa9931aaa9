import type { Gap } from "./finding.ts";
import { union } from "./range-set.ts";

/** One finding for what one pass proved of one stream by the same fact, in however many parts it was judged. */
export function joinAlike(gaps: readonly Gap[]): readonly Gap[] {
  const joined = new Map<string, Gap>();
  for (const gap of gaps) {
    const key = JSON.stringify([gap.producerId, gap.group, gap.verdict, gap.decidedBy]);
    const before = joined.get(key);
    joined.set(key, before === undefined ? gap : { ...gap, ...unionOf(before, gap) });
  }
  return [...joined.values()];
}

function unionOf(a: Gap, b: Gap): Pick<Gap, "sequences" | "offsets" | "provenForMs"> {
  const known = [a.offsets, b.offsets].filter((offsets) => offsets !== undefined);
  const longest = Math.max(a.provenForMs ?? -1, b.provenForMs ?? -1);
  return {
    ...(longest >= 0 && { provenForMs: longest }),
    sequences: union(a.sequences, b.sequences),
    offsets:
      known.length === 0
        ? undefined
        : { low: Math.min(...known.map(({ low }) => low)), high: Math.max(...known.map(({ high }) => high)) },
  };
}
