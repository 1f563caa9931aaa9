import type { OutStream } from "./out-stream.ts";

/** A stamped message on its way. */
export interface Publication {
  readonly stream: OutStream;
  readonly sequence: number;
  /** 1, and one more each time that it is published again under the same sequence. */
  readonly copy: number;
  readonly exchange: string;
  readonly routingKey: string;
  /** The user's own, by which a message is known again that a connection manager publishes once more. */
  readonly content: unknown;
  readonly options: unknown;
  /** The stamp, where the application itself asked for the return of what cannot be routed. */
  readonly askedFor: string | undefined;
}

/**
 * The publishes of one confirm channel that wait for the broker's answer. The broker counts them from 1 and answers by
 * number, so every one is counted here, stamped or not.
 */
export class Confirms {
  readonly #open = new Map<number, Publication>();
  readonly #nowMs: () => number;
  /** When each of the open ones was published, in their order. */
  readonly #publishedAtMs = new Map<number, number>();
  readonly #askedFor = new Set<string>();
  #count = 0;
  #heldBytes = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How many stamped publishes wait, and for how long the oldest of them; undefined = none waits. */
  get waiting(): { readonly count: number; readonly oldestMs: number } | undefined {
    for (const atMs of this.#publishedAtMs.values()) return { count: this.#open.size, oldestMs: this.#nowMs() - atMs };
    return undefined;
  }

  /**
   * The content, so that it is known again when it is published once more; undefined where too much is held already:
   * amqplib lets go of it as soon as it is written, and so an application may count on that memory.
   */
  hold(content: unknown): unknown {
    return this.#heldBytes + bytesOf(content) <= maxHeldBytes ? content : undefined;
  }

  /** A publish that amqplib took; undefined for one without a stamp. */
  published(publication: Publication | undefined): void {
    this.#count += 1;
    if (publication === undefined) return;
    this.#open.set(this.#count, publication);
    this.#publishedAtMs.set(this.#count, this.#nowMs());
    this.#heldBytes += bytesOf(publication.content);
    if (publication.askedFor !== undefined) this.#askedFor.add(publication.askedFor);
  }

  isAskedFor(stamp: string): boolean {
    return this.#askedFor.has(stamp);
  }

  /** With `multiple` everything up to the tag, and tag 0 is everything. */
  answered(tag: number, multiple: boolean, isAck: boolean): void {
    if (!multiple) {
      this.#book(tag, isAck);
      return;
    }
    for (const open of this.#open.keys()) {
      if (tag !== 0 && open > tag) return;
      this.#book(open, isAck);
    }
  }

  /** The channel closed first: nobody will ever say what became of these. */
  close(): readonly Publication[] {
    const left = [...this.#open.values()];
    this.#open.clear();
    this.#publishedAtMs.clear();
    this.#askedFor.clear();
    this.#heldBytes = 0;
    for (const { stream, sequence } of left) stream.ledger.bookUncertain(sequence, sequence);
    return left;
  }

  #book(tag: number, isAck: boolean): void {
    const publication = this.#open.get(tag);
    if (publication === undefined) return;
    this.#open.delete(tag);
    this.#publishedAtMs.delete(tag);
    const { stream, sequence, askedFor, content } = publication;
    this.#heldBytes -= bytesOf(content);
    if (askedFor !== undefined) this.#askedFor.delete(askedFor);
    if (isAck) stream.ledger.bookAcked(sequence, sequence);
    else stream.ledger.bookVoid(sequence, sequence, "nacked");
  }
}

const maxHeldBytes = 16 * 1_024 * 1_024;

function bytesOf(content: unknown): number {
  return content instanceof Uint8Array ? content.length : 0;
}
