import { contains, type RangeSet, type Reference } from "@seqwatch/core";

/** What the application calls its newest messages, whatever the stream: the oldest make room. */
export class References<Stream> {
  readonly #kept: ({ readonly stream: Stream; readonly sequence: number; readonly text: string } | undefined)[] = [];
  #next = 0;

  add(stream: Stream, sequence: number, text: string): void {
    this.#kept[this.#next] = { stream, sequence, text: text.slice(0, maxTextLength) };
    this.#next = (this.#next + 1) % maxKept;
  }

  /** Those of a stream's sequences that are still kept; the newest of one sequence. */
  of(stream: Stream, sequences: RangeSet): readonly Reference[] {
    if (sequences.length === 0 || this.#kept.length === 0) return [];
    const found = new Map<number, string>();
    for (const kept of this.#kept) {
      if (kept?.stream === stream && contains(sequences, kept.sequence)) found.set(kept.sequence, kept.text);
    }
    return [...found].sort(([a], [b]) => a - b).map(([sequence, text]) => ({ sequence, text }));
  }
}

const maxKept = 10_000;
const maxTextLength = 200;
