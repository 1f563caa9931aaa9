import { type Chunk, maxChunks } from "./ledger-report.ts";

/** Adds a batch to the chunks, which are ordered by first sequence; an unbroken continuation extends the one before. */
export function addChunk(chunks: readonly Chunk[], added: Chunk): readonly Chunk[] {
  const at = insertionIndex(chunks, added.first);
  const before = chunks[at - 1];
  if (before !== undefined && continues(before, added)) {
    return [...chunks.slice(0, at - 1), { ...before, last: added.last, high: added.high }, ...chunks.slice(at)];
  }
  const next = [...chunks.slice(0, at), added, ...chunks.slice(at)];
  return next.length > maxChunks ? mergeOnePair(next) : next;
}

/**
 * Forgets what every group has finished, also of a chunk that reaches beyond: a hull must not speak for a sequence whose
 * own chunk was forgotten.
 */
export function chunksAbove(chunks: readonly Chunk[], settledTo: number): readonly Chunk[] {
  if (!chunks.some((chunk) => chunk.first <= settledTo)) return chunks;
  return chunks
    .filter((chunk) => chunk.last > settledTo)
    .map((chunk) => {
      const dropped = Math.max(0, settledTo + 1 - chunk.first);
      return { ...chunk, first: chunk.first + dropped, low: chunk.low + (chunk.exact ? dropped : 0) };
    });
}

/** The same places told less exactly, by at most so many chunks. */
export function mergeChunks(chunks: readonly Chunk[], most: number): readonly Chunk[] {
  let merged = chunks;
  while (merged.length > Math.max(1, most)) merged = mergeOnePair(merged);
  return merged;
}

function insertionIndex(chunks: readonly Chunk[], first: number): number {
  let at = chunks.length;
  while (at > 0 && (chunks[at - 1]?.first ?? 0) > first) at -= 1;
  return at;
}

function continues(before: Chunk, next: Chunk): boolean {
  return (
    before.exact &&
    next.exact &&
    before.era === next.era &&
    before.last + 1 === next.first &&
    before.high + 1 === next.low
  );
}

/**
 * Merges the pair whose hull is narrowest for its age. So what a group that lags by n offsets still needs is known to
 * within a share of n that hardly grows with the length of the history (a quarter for 20,000 separate batches).
 */
function mergeOnePair(chunks: readonly Chunk[]): readonly Chunk[] {
  const newestHigh = chunks.at(-1)?.high ?? 0;
  let chosen = 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (let at = 0; at < chunks.length - 2; at += 1) {
    const merged = hullOf(chunks[at], chunks[at + 1]);
    if (merged === undefined || merged.high === anywhere) continue;
    const score = (merged.high - merged.low) / (Math.abs(newestHigh - merged.high) + 1);
    if (score < lowest) [chosen, lowest] = [at, score];
  }
  const merged = hullOf(chunks[chosen], chunks[chosen + 1]);
  return merged === undefined ? chunks : [...chunks.slice(0, chosen), merged, ...chunks.slice(chosen + 2)];
}

function hullOf(a: Chunk | undefined, b: Chunk | undefined): Chunk | undefined {
  if (a === undefined || b === undefined) return undefined;
  const isOneEra = a.era === b.era;
  return {
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    // Offsets of two eras have no common measure: a hull of both says that they can lie anywhere.
    low: isOneEra ? Math.min(a.low, b.low) : 0,
    high: isOneEra ? Math.max(a.high, b.high) : anywhere,
    exact: false,
    era: Math.min(a.era, b.era),
  };
}

/** Above every offset. */
const anywhere = Number.MAX_SAFE_INTEGER;
