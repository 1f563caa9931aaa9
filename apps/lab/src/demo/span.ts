/** A run of messages of one source, both ends included. Message 12 of "orders-1" is called `orders-1:12`. */
export interface Span {
  readonly source: string;
  readonly first: number;
  readonly last: number;
}

/** One message. */
export interface MessageName {
  readonly source: string;
  readonly number: number;
}

/** What a message is called: in its body, as its reference, in the book. */
export function nameOf({ source, number }: MessageName): string {
  return `${source}:${number}`;
}

/** The message of a name; undefined for a text that `nameOf` does not write. */
export function parseName(text: string): MessageName | undefined {
  const match = /^(.+):(\d+)$/.exec(text);
  const [, source, digits] = match ?? [];
  if (source === undefined || digits === undefined) return undefined;
  const number = Number(digits);
  return Number.isSafeInteger(number) ? { source, number } : undefined;
}

/** Gathers messages one by one and gives them back as spans. The same message twice makes two spans. */
export class SpanGatherer {
  readonly #open = new Map<string, { first: number; last: number }>();
  #closed: Span[] = [];

  add({ source, number }: MessageName): void {
    const open = this.#open.get(source);
    if (open !== undefined && number === open.last + 1) {
      open.last = number;
      return;
    }
    if (open !== undefined) this.#closed.push({ source, ...open });
    this.#open.set(source, { first: number, last: number });
  }

  /** Everything since the last call. */
  take(): readonly Span[] {
    const spans = this.#closed;
    for (const [source, open] of this.#open) spans.push({ source, ...open });
    this.#open.clear();
    this.#closed = [];
    return spans;
  }
}
