import { addBracket, bracketsAbove, closeBrackets, mergeBrackets, type OpenBracket } from "./brackets.ts";
import { addChunk, chunksAbove, mergeChunks } from "./chunks.ts";
import { type Lane, laneHashOf } from "./lane.ts";
import type { Bracket, Chunk, LedgerReport, Reference, VoidReason } from "./ledger-report.ts";
import { maxRanges, maxReferences } from "./ledger-report.ts";
import { addRange, difference, emptyRanges, foldOldest, type RangeSet, sameRanges, unionAll } from "./range-set.ts";
import { SendRun } from "./send-run.ts";
import { stampPrefixOf } from "./stamp.ts";
import type { Answer } from "./store.ts";

/** What only the edge knows when a ledger is reported. */
export interface ReportHeading {
  readonly clientId: string;
  readonly number: number;
  readonly nonce: string;
  readonly buildsOn: string;
}

/**
 * What a producer knows of one stream: it gives out the sequences 1, 2, 3 … and books what became of each. Everything
 * stays in memory; the edge writes `report()` when `revision` has moved.
 *
 * A class because it changes with every message, on the user's hot path.
 */
export class StreamLedger {
  readonly lane: Lane;
  readonly producerId: string;
  /** The header's value without its sequence. */
  readonly prefix: string;
  readonly confirms: boolean;
  /** Moves with every change that a report would carry. */
  revision = 0;
  /** Highest offset acked here, in this era: nothing stamped from now on can lie at or below it. */
  highestOffset: number | undefined;
  /** The era that the store's last answer named. */
  era = 0;
  #assigned = 0;
  #ended = 0;
  #unauditedCount = 0;
  #acked: number[] = [];
  #omitted: number[] = [];
  #uncertain: number[] = [];
  #stuck: number[] = [];
  #told: number[] = [];
  #returned: number[] = [];
  #retried: number[] = [];
  #transient: number[] = [];
  #expiring: number[] = [];
  #expiresAfterMs = Number.POSITIVE_INFINITY;
  readonly #voided: { readonly reason: VoidReason; readonly set: number[] }[] = [];
  #chunks: readonly Chunk[] = [];
  #brackets: readonly OpenBracket[] = [];
  #floor = 0;
  #asked: RangeSet = [];
  /** Up to which sequence was given out when, in pairs, to find those without an outcome by age. */
  #marks: number[] = [];

  constructor(lane: Lane, producerId: string, options: { readonly confirms: boolean }) {
    this.lane = lane;
    this.producerId = producerId;
    this.prefix = stampPrefixOf(producerId, laneHashOf(lane));
    this.confirms = options.confirms;
  }

  get assigned(): number {
    return this.#assigned;
  }

  /** Gives out the next sequence. */
  take(): number {
    this.revision += 1;
    this.#assigned += 1;
    return this.#assigned;
  }

  /** Takes the last sequence back, in the same tick and only when the message certainly never left. */
  untake(sequence: number): boolean {
    if (sequence !== this.#assigned) return false;
    this.#assigned -= 1;
    return true;
  }

  /** The messages of one Kafka send for this partition: they share one batch and one outcome. */
  openRun(): SendRun {
    return new SendRun(this);
  }

  bookAcked(first: number, last: number): void {
    this.revision += 1;
    addRange(this.#acked, first, last);
  }

  /** Acked from offset `low` on, one offset a sequence. `era` is the one in which they were stamped. */
  bookPlaced(first: number, last: number, low: number, era = this.era): void {
    const high = low + (last - first);
    this.bookAcked(first, last);
    this.#chunks = addChunk(this.#chunks, { first, last, low, high, exact: true, era });
  }

  /**
   * A whole send, stamped from `first` on in `era`, was acked up to offset `high`: what is stamped from now on lies
   * above it, and what had its outcome before lies below. Offsets of another era have no common measure with these.
   */
  bound(first: number, high: number, era: number): void {
    if (era !== this.era) return;
    this.highestOffset = Math.max(this.highestOffset ?? -1, high);
    this.#brackets = closeBrackets(this.#brackets, { first, high, era });
  }

  bookOmitted(first: number, last: number): void {
    this.revision += 1;
    addRange(this.#omitted, first, last);
  }

  bookUncertain(first: number, last: number): void {
    this.revision += 1;
    addRange(this.#uncertain, first, last);
  }

  /** These uncertain ones were refused because their idempotent producer is stuck. */
  bookStuck(first: number, last: number): void {
    this.revision += 1;
    addRange(this.#stuck, first, last);
  }

  bookTold(first: number, last: number): void {
    this.revision += 1;
    addRange(this.#told, first, last);
  }

  bookReturned(sequence: number): void {
    this.revision += 1;
    addRange(this.#returned, sequence, sequence);
  }

  /** The broker may forget it when it starts again. */
  bookTransient(sequence: number): void {
    addRange(this.#transient, sequence, sequence);
  }

  /** It lives in a queue for so long at most. */
  bookExpiring(sequence: number, afterMs: number): void {
    addRange(this.#expiring, sequence, sequence);
    this.#expiresAfterMs = Math.min(this.#expiresAfterMs, afterMs);
  }

  bookVoid(first: number, last: number, reason: VoidReason): void {
    this.revision += 1;
    const known = this.#voided.find((run) => run.reason === reason);
    const set = known?.set ?? [];
    addRange(set, first, last);
    if (known === undefined) this.#voided.push({ reason, set });
  }

  /** The request of these went out once more: an earlier copy may have been stored. */
  bookRetried(first: number, last: number): void {
    addRange(this.#retried, first, last);
  }

  /** Messages of this lane that went out without a stamp. */
  bookUnaudited(count: number): void {
    this.revision += 1;
    this.#unauditedCount += count;
  }

  /**
   * Bounds where messages without a told offset can lie. `above` was the highest offset, and `era` the era, when they
   * were stamped.
   */
  bracket(first: number, last: number, above: number | undefined, era = this.era): void {
    const bracket = { first, last, above, upTo: undefined, era, knownAt: this.#assigned };
    this.#brackets = addBracket(this.#brackets, bracket);
  }

  /** An answer that contradicts the order of the log (a cut, a mis-ack): what was learned of offsets bounds nothing. */
  distrustOffsets(offset: number): void {
    this.highestOffset = offset;
  }

  /** Books as uncertain what has had no outcome for `limitMs`; call it with each report. */
  age(nowMs: number, limitMs: number): void {
    this.#fold();
    const marks = this.#marks;
    const isDue = nowMs - (marks.at(-1) ?? Number.NEGATIVE_INFINITY) >= limitMs / marksPerLimit;
    if (isDue && (marks.at(-2) ?? 0) < this.#assigned) marks.push(this.#assigned, nowMs);
    let overdue = 0;
    while (marks.length > 0 && (marks[1] ?? 0) + limitMs <= nowMs) overdue = marks.splice(0, 2)[0] ?? 0;
    if (overdue === 0) return;
    if (overdue < this.#floor) return;
    const late = difference([Math.max(1, this.#floor), overdue], this.#settled());
    for (let at = 0; at + 1 < late.length; at += 2) this.bookUncertain(late[at] ?? 0, late[at + 1] ?? 0);
  }

  /**
   * Booking went wrong somewhere, so an outcome may be missing or half written: about what was given out until now this
   * ledger says nothing any more. The floor makes it too old to know, never lost and never "not sent".
   */
  distrust(): void {
    this.revision += 1;
    this.#floor = this.#assigned + 1;
    this.#marks = [];
  }

  /** Sequences given out that have no outcome yet. */
  inFlight(): RangeSet {
    return this.#assigned === 0 ? [] : difference([1, this.#assigned], this.#settled());
  }

  /** Marks the stream as ended as of now; a later send un-ends it by arithmetic. */
  end(): void {
    this.revision += 1;
    this.#ended = this.#assigned;
  }

  /** Sequences for which a person will want the application's own name. */
  namedSequences(): RangeSet {
    return unionAll([
      this.#omitted,
      this.#uncertain,
      this.#returned,
      ...this.#voided.map(({ set }) => set),
      this.#asked,
    ]);
  }

  /**
   * Takes in what the store answered to a report. A new era makes old offsets meaningless as bounds. A store that
   * names an older one has lost its record: offsets of now under an old label would be taken for those of then.
   */
  accept(answer: Answer): void {
    if (answer.kind !== "stored") return;
    if (answer.era > this.era) {
      this.era = answer.era;
      this.highestOffset = undefined;
    }
    if (!sameRanges(this.#asked, answer.asked)) {
      this.#asked = answer.asked;
      this.revision += 1;
    }
    this.#chunks = chunksAbove(this.#chunks, answer.settledTo);
    this.#brackets = bracketsAbove(this.#brackets, answer.settledTo);
  }

  /** Everything this producer knows of the stream; the store replaces what it had. */
  report(heading: ReportHeading, references: readonly Reference[]): LedgerReport {
    this.#fold();
    return {
      producerId: this.producerId,
      ...heading,
      assigned: this.#assigned,
      ended: this.#ended,
      // A producer that asks for no answers is as one on a channel without confirms.
      confirms: this.confirms && this.#told.length === 0,
      acked: copyOf(this.#acked),
      omitted: copyOf(this.#omitted),
      uncertain: copyOf(this.#uncertain),
      ...(this.#stuck.length === 0 ? {} : { stuck: [...this.#stuck] }),
      told: copyOf(this.#told),
      returned: copyOf(this.#returned),
      voided: this.#voided.map(({ reason, set }) => ({ reason, sequences: [...set] })),
      retried: copyOf(this.#retried),
      ...this.#lifetimes(),
      chunks: this.#chunks,
      brackets: this.#brackets.length === 0 ? noBrackets : this.#brackets.map(toBracket),
      floor: this.#floor,
      unauditedCount: this.#unauditedCount,
      references: references.length > maxReferences ? references.slice(-maxReferences) : references,
    };
  }

  #settled(): RangeSet {
    return unionAll([
      this.#acked,
      this.#omitted,
      this.#uncertain,
      this.#told,
      this.#returned,
      ...this.#voided.map(({ set }) => set),
    ]);
  }

  #lifetimes(): Pick<LedgerReport, "lifetimes"> {
    if (this.#transient.length + this.#expiring.length === 0) return {};
    const expiring = [...this.#expiring];
    const expiresAfterMs = expiring.length === 0 ? 0 : this.#expiresAfterMs;
    return { lifetimes: { transient: [...this.#transient], expiring, expiresAfterMs } };
  }

  /** Numbers in sets (twice: a report that waits holds a copy), chunks and brackets. */
  get weightBytes(): number {
    const numberCount = this.#sets().reduce((sum, set) => sum + set.length, 0);
    return numberCount * 24 + this.#chunks.length * 88 + this.#brackets.length * 104;
  }

  shrink(): void {
    for (const set of this.#sets()) this.#foldSet(set, Math.ceil(set.length / 4));
    this.#chunks = mergeChunks(this.#chunks, this.#chunks.length / 2);
    this.#brackets = mergeBrackets(this.#brackets, this.#brackets.length / 2);
    this.revision += 1;
  }

  #sets(): number[][] {
    const outcomes = [this.#acked, this.#omitted, this.#uncertain, this.#told, this.#returned];
    const marks = [this.#retried, this.#stuck, this.#transient, this.#expiring];
    return [...outcomes, ...marks, ...this.#voided.map(({ set }) => set)];
  }

  /** Below the floor this ledger no longer speaks: no set may say less than another about the same sequence. */
  #fold(): void {
    for (const set of this.#sets()) if (set.length > 2 * maxRanges) this.#foldSet(set, maxRanges / 2);
  }

  #foldSet(set: number[], rangeCount: number): void {
    const folded = foldOldest(set, rangeCount);
    if (folded.floor === 0) return;
    set.splice(0, set.length, ...folded.set);
    this.#floor = Math.max(this.#floor, folded.floor);
  }
}

const noBrackets: readonly Bracket[] = [];

function toBracket({ first, last, above, upTo, era }: OpenBracket): Bracket {
  return { first, last, above, upTo, era };
}

/** So finely the age is known: finer would cost each of thousands of streams a kilobyte. */
const marksPerLimit = 20;

/** Most sets of most streams are empty, and a report that waits for the store is kept: it shares them. */
function copyOf(set: RangeSet): RangeSet {
  return set.length === 0 ? emptyRanges : [...set];
}
