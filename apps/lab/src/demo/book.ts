import type { News } from "./news.ts";
import { type MessageName, nameOf, type Span } from "./span.ts";

/** Over what messages travel, which decides what it means that one arrived. */
export type Carrier = "kafka" | "rabbitmq";

/** What the book has to know of the messages of one name. */
export interface Source {
  readonly carrier: Carrier;
  /** Its queue pushes out the oldest message when it holds so many. */
  readonly capacity?: number | undefined;
}

/** What the book counts, over all sources of one carrier. */
export interface Tally {
  readonly sent: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly arrived: number;
  readonly processed: number;
  readonly duplicated: number;
  readonly unaudited: number;
}

const accepted = 1;
const rejected = 2;
const processed = 4;
const held = 8;
const unaudited = 16;
const stored = 32;
const storedTwice = 64;

/**
 * The demo's own truth: what was sent and how the application was told, beside what really arrived. A byte a message.
 * Over Kafka a message arrived when it lies in the log, over RabbitMQ when a handler has worked it.
 */
export class Book {
  readonly #journals = new Map<string, Journal>();
  readonly #sourceOf: (name: string) => Source;

  constructor(sourceOf: (name: string) => Source) {
    this.#sourceOf = sourceOf;
  }

  /** Writes down what a worker told. */
  note(news: News): void {
    switch (news.kind) {
      case "sent":
        this.#journal(news.source).send(news, news.outcome === "accepted" ? accepted : rejected, news.atMs);
        break;
      case "unaudited":
        this.#journal(news.source).mark(news, unaudited);
        break;
      case "processed":
        for (const span of news.spans) this.#journal(span.source).mark(span, processed);
        break;
      case "held":
        for (const span of news.spans) this.#journal(span.source).mark(span, held);
        break;
      case "stored":
        for (const span of news.spans) this.#journal(span.source).store(span);
        break;
      case "ready":
      case "listening":
      case "read-to":
      case "done":
      case "failed":
        break;
    }
  }

  tally(carrier: Carrier): Tally {
    const arrivedMask = arrivalMask(carrier);
    const sum = { sent: 0, accepted: 0, rejected: 0, arrived: 0, processed: 0, duplicated: 0, unaudited: 0 };
    for (const journal of this.#of(carrier)) {
      journal.each((_, flags) => {
        if (flags & (accepted | rejected)) sum.sent += 1;
        if (flags & accepted) sum.accepted += 1;
        if (flags & rejected) sum.rejected += 1;
        if (flags & arrivedMask) sum.arrived += 1;
        if (flags & processed) sum.processed += 1;
        if (flags & storedTwice) sum.duplicated += 1;
        if (flags & unaudited) sum.unaudited += 1;
      });
    }
    return sum;
  }

  /**
   * Accepted and neither arrived nor in the hands of a consumer that was killed. Only what was accepted up to the
   * source's horizon counts: of later messages nobody can say yet.
   */
  lost(carrier: Carrier, horizonMsOf: (source: string) => number): ReadonlySet<string> {
    const names = new Set<string>();
    const mask = arrivalMask(carrier) | held;
    for (const journal of this.#of(carrier)) {
      const horizonMs = horizonMsOf(journal.source);
      journal.each((number, flags) => {
        if (!(flags & accepted) || flags & mask) return;
        if (journal.endedAtMs(number) <= horizonMs) names.add(nameOf({ source: journal.source, number }));
      });
    }
    return names;
  }

  /** Begun by a consumer that was killed, and finished by nobody. */
  held(): ReadonlySet<string> {
    return this.#names((flags) => (flags & held) !== 0 && (flags & processed) === 0);
  }

  unaudited(): ReadonlySet<string> {
    return this.#names((flags) => (flags & unaudited) !== 0);
  }

  unauditedCount(source: string): number {
    let count = 0;
    this.#journals.get(source)?.each((_, flags) => {
      if (flags & unaudited) count += 1;
    });
    return count;
  }

  /** In the log more than once. */
  duplicated(): ReadonlySet<string> {
    return this.#names((flags) => (flags & storedTwice) !== 0);
  }

  /** Accepted, and not arrived: what a finding names rightly. */
  isMissing({ source, number }: MessageName): boolean {
    const flags = this.#journals.get(source)?.flagsOf(number) ?? 0;
    return (flags & accepted) !== 0 && (flags & (arrivalMask(this.#sourceOf(source).carrier) | held)) === 0;
  }

  /** Before the log is read once more from its start. */
  forgetStored(): void {
    for (const journal of this.#journals.values()) journal.clear(stored | storedTwice);
  }

  /** Rejected to the application, and really not there. */
  rejectedAndMissing(carrier: Carrier): number {
    const mask = arrivalMask(carrier);
    let count = 0;
    for (const journal of this.#of(carrier)) {
      journal.each((_, flags) => {
        if (flags & rejected && !(flags & mask)) count += 1;
      });
    }
    return count;
  }

  /** Of one source: how many were accepted, and how many of those are with a handler or past it. */
  progress(source: string): { readonly accepted: number; readonly processed: number; readonly held: number } {
    const sum = { accepted: 0, processed: 0, held: 0 };
    this.#journals.get(source)?.each((_, flags) => {
      if (flags & accepted) sum.accepted += 1;
      if (flags & processed) sum.processed += 1;
      else if (flags & held) sum.held += 1;
    });
    return sum;
  }

  /** Whether the newest accepted message of a source was worked: queues are first in, first out. */
  isCaughtUp(source: string): boolean {
    return this.#journals.get(source)?.isCaughtUp() ?? true;
  }

  /** Stored, and no handler has had it yet. */
  waiting(): number {
    let count = 0;
    for (const journal of this.#of("kafka")) {
      journal.each((_, flags) => {
        if (flags & stored && !(flags & processed)) count += 1;
      });
    }
    return count;
  }

  /**
   * When a lost message was gone: when its send ended, or when the one was accepted that pushed it out of its queue.
   * undefined for a message that was never sent.
   */
  goneAtMs({ source, number }: MessageName): number | undefined {
    const journal = this.#journals.get(source);
    const endedAtMs = journal?.endedAtMs(number) || undefined;
    const { capacity } = this.#sourceOf(source);
    if (capacity === undefined) return endedAtMs;
    return journal?.endedAtMs(number + capacity) || endedAtMs;
  }

  /** When the newest message of a source that a handler has worked was accepted. */
  newestProcessedMs(source: string): number {
    return this.#journals.get(source)?.newestProcessedMs() ?? 0;
  }

  #names(holds: (flags: number) => boolean): ReadonlySet<string> {
    const names = new Set<string>();
    for (const journal of this.#journals.values()) {
      journal.each((number, flags) => {
        if (holds(flags)) names.add(nameOf({ source: journal.source, number }));
      });
    }
    return names;
  }

  *#of(carrier: Carrier): Generator<Journal> {
    for (const journal of this.#journals.values())
      if (this.#sourceOf(journal.source).carrier === carrier) yield journal;
  }

  #journal(source: string): Journal {
    const known = this.#journals.get(source);
    if (known !== undefined) return known;
    const made = new Journal(source);
    this.#journals.set(source, made);
    return made;
  }
}

function arrivalMask(carrier: Carrier): number {
  return carrier === "kafka" ? stored : processed;
}

/** What is known of the messages of one source, by number, and when the send of each ended. */
class Journal {
  readonly source: string;
  #flags = new Uint8Array(1024);
  #endedAtMs = new Float64Array(1024);
  #end = 0;
  #newestProcessed = -1;
  #newestAccepted = -1;

  constructor(source: string) {
    this.source = source;
  }

  send(span: Span, outcome: number, atMs: number): void {
    this.mark(span, outcome);
    this.#endedAtMs.fill(atMs, span.first, span.last + 1);
  }

  store(span: Span): void {
    this.#makeRoom(span.last);
    for (let number = span.first; number <= span.last; number += 1) {
      const before = this.#flags[number] ?? 0;
      this.#flags[number] = before | stored | (before & stored ? storedTwice : 0);
    }
  }

  mark(span: Span, flag: number): void {
    this.#makeRoom(span.last);
    if (flag === accepted) this.#newestAccepted = Math.max(this.#newestAccepted, span.last);
    if (flag === processed) this.#newestProcessed = Math.max(this.#newestProcessed, span.last);
    for (let number = span.first; number <= span.last; number += 1) {
      this.#flags[number] = (this.#flags[number] ?? 0) | flag;
    }
  }

  clear(flags: number): void {
    for (let number = 0; number < this.#end; number += 1) this.#flags[number] = (this.#flags[number] ?? 0) & ~flags;
  }

  flagsOf(number: number): number {
    return this.#flags[number] ?? 0;
  }

  /** 0 where the send has not ended, as far as is known. */
  endedAtMs(number: number): number {
    return this.#endedAtMs[number] ?? 0;
  }

  isCaughtUp(): boolean {
    return this.#newestProcessed >= this.#newestAccepted;
  }

  newestProcessedMs(): number {
    return this.endedAtMs(this.#newestProcessed);
  }

  each(visit: (number: number, flags: number) => void): void {
    for (let number = 0; number < this.#end; number += 1) {
      const flags = this.#flags[number] ?? 0;
      if (flags !== 0) visit(number, flags);
    }
  }

  #makeRoom(last: number): void {
    this.#end = Math.max(this.#end, last + 1);
    if (this.#end <= this.#flags.length) return;
    const room = Math.max(2 * this.#flags.length, this.#end);
    const flags = new Uint8Array(room);
    flags.set(this.#flags);
    this.#flags = flags;
    const endedAtMs = new Float64Array(room);
    endedAtMs.set(this.#endedAtMs);
    this.#endedAtMs = endedAtMs;
  }
}
