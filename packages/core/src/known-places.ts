/** Runs kept of each stream: a copy lies near the first one, for its producer was still trying. */
const maxRunsPerStream = 64;
const maxStreams = 1_000;

/** Sequences that lie at offsets side by side: sequence + i at offset + i, count times; a flat list of triples. */
type PairRuns = number[];

/**
 * Where a member met the newest messages of each stream, so that it can tell where both copies of one lie.
 * A class because it changes with every message, on the user's hot path.
 */
export class KnownPlaces {
  readonly #streams = new Map<string, { runs: PairRuns; highest: number }>();

  /** Notes where a message was met; returns another offset at which it had been met before. */
  note(producerId: string, sequence: number, offset: number): number | undefined {
    const stream = this.#streamOf(producerId);
    const { runs } = stream;
    const earlier = sequence <= stream.highest ? earlierIn(runs, sequence, offset) : undefined;
    if (sequence > stream.highest) stream.highest = sequence;
    const at = runs.length - 3;
    const count = runs[at + 2] ?? 0;
    if (at >= 0 && (runs[at] ?? 0) + count === sequence && (runs[at + 1] ?? 0) + count === offset) {
      runs[at + 2] = count + 1;
      return earlier;
    }
    runs.push(sequence, offset, 1);
    // Half of them at once: moving the rest for each new run would cost every message.
    if (runs.length > 3 * maxRunsPerStream) runs.splice(0, (3 * maxRunsPerStream) / 2);
    return earlier;
  }

  /** By how many places a sequence lies behind the highest of its stream. */
  behind(producerId: string, sequence: number): number {
    return Math.max(0, (this.#streams.get(producerId)?.highest ?? 0) - sequence);
  }

  get weightBytes(): number {
    let bytes = 0;
    for (const { runs } of this.#streams.values()) bytes += 120 + runs.length * 8;
    return bytes;
  }

  clear(): void {
    this.#streams.clear();
  }

  #streamOf(producerId: string): { runs: PairRuns; highest: number } {
    const known = this.#streams.get(producerId);
    if (known !== undefined) return known;
    // Forgetting all is simpler than ageing, and costs no more than the places of a few copies.
    if (this.#streams.size >= maxStreams) this.#streams.clear();
    const stream = { runs: [], highest: 0 };
    this.#streams.set(producerId, stream);
    return stream;
  }
}

function earlierIn(runs: PairRuns, sequence: number, offset: number): number | undefined {
  for (let at = 0; at + 2 < runs.length; at += 3) {
    const index = sequence - (runs[at] ?? 0);
    if (index < 0 || index >= (runs[at + 2] ?? 0)) continue;
    const found = (runs[at + 1] ?? 0) + index;
    if (found !== offset) return found;
  }
  return undefined;
}
