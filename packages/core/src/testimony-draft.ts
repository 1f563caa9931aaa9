import { maxCopies } from "./lane-record.ts";
import { maxRanges } from "./ledger-report.ts";
import { addRange, difference, intersection, isEmpty, type RangeSet, union } from "./range-set.ts";
import type { EpochRun, LoggedCopy, TestimonyReport } from "./testimony-report.ts";

/** Sequences and offsets that run side by side: sequence + i lies at offset + i, count times; a flat list of triples. */
type PairRuns = number[];

interface StreamDraft {
  processed: number[];
  twice: number[];
  givenUp: number[];
  jumped: number[];
  copies: LoggedCopy[];
  late: number[];
  /** Kept until the report is answered, so that it can be split by offset. */
  pairs: PairRuns;
  lastOffset: number;
}

const maxEpochRuns = 64;
/** A draft that waits for the store keeps at most so many runs of pairs: about a megabyte. */
const maxPairRuns = 20_000;

/** A report in the making: offsets, and per stream what lies at exactly those offsets. */
export class Draft {
  readonly era: number;
  /** Its messages lie below what the member had committed before. */
  readonly isReplay: boolean;
  handled: number[] = [];
  readonly givenUp: number[] = [];
  readonly jumped: number[] = [];
  readonly unstamped: number[] = [];
  readonly foreign: number[] = [];
  /** Its own: they grow with every message. */
  epochs: { -readonly [K in keyof EpochRun]: EpochRun[K] }[] = [];
  readonly streams = new Map<string, StreamDraft>();
  messageCount = 0;
  /** It has outgrown its bounds: its member drops it and sends all that it holds instead. */
  isTooBig = false;
  #pairRunCount = 0;
  /** Whether sequences can be told apart by offset later: needed until a report is answered, not for what is held. */
  readonly #keepsPairs: boolean;

  constructor(era: number, keepsPairs: boolean, isReplay: boolean) {
    this.era = era;
    this.#keepsPairs = keepsPairs;
    this.isReplay = isReplay;
  }

  get streamCount(): number {
    return this.streams.size;
  }

  /** An estimate: numbers with the room that lists keep for more, and what a stream is by itself. */
  get weightBytes(): number {
    let numberCount = this.handled.length + this.unstamped.length + this.foreign.length + this.epochs.length * 6;
    for (const { processed, pairs, copies, late } of this.streams.values()) {
      numberCount += 40 + processed.length + pairs.length + copies.length * 6 + late.length;
    }
    return numberCount * 10;
  }

  process(offset: number, epoch: number, producerId: string | undefined, sequence: number): void {
    this.messageCount += 1;
    addRange(this.handled, offset, offset);
    this.#see(offset, epoch);
    if (producerId === undefined) return;
    const stream = this.#stream(producerId);
    stream.lastOffset = offset;
    if (this.#keepsPairs) this.#pairRunCount += addPair(stream, sequence, offset);
    addRange(stream.processed, sequence, sequence);
    this.isTooBig ||= this.#pairRunCount > maxPairRuns || stream.processed.length > 2 * maxRanges;
  }

  /** The log holds a message at both of these offsets. */
  copy(producerId: string, sequence: number, offsets: readonly [number, number]): void {
    const { copies } = this.#stream(producerId);
    for (const offset of offsets) copies.push({ sequence, offset });
    if (copies.length > maxCopies) copies.splice(0, copies.length - maxCopies);
  }

  comeLate(producerId: string, sequence: number): void {
    addRange(this.#stream(producerId).late, sequence, sequence);
  }

  giveUp(offset: number, producerId: string | undefined, sequence: number): void {
    this.messageCount += 1;
    addRange(this.givenUp, offset, offset);
    if (producerId !== undefined) addRange(this.#stream(producerId).givenUp, sequence, sequence);
  }

  /** Offsets jumped over that were never delivered: nobody knows their stamps. */
  jumpOver(offsets: RangeSet): void {
    for (let at = 0; at + 1 < offsets.length; at += 2) addRange(this.jumped, offsets[at] ?? 0, offsets[at + 1] ?? 0);
  }

  skipInvisible(first: number, last: number): void {
    addRange(this.handled, first, last);
  }

  mark(kind: "unstamped" | "foreign", offset: number): void {
    addRange(this[kind], offset, offset);
  }

  /** Forgets what was left behind: after a join it proves nothing. */
  forgetLeft(): void {
    this.givenUp.length = 0;
    this.jumped.length = 0;
    for (const stream of this.streams.values()) {
      stream.givenUp = [];
      stream.jumped = [];
    }
  }

  /** Forgets the stream that was longest without a message; returns the offset from which the rest still speaks. */
  forgetOldestStream(): number {
    let oldest: string | undefined;
    let lastOffset = Number.POSITIVE_INFINITY;
    for (const [producerId, stream] of this.streams) {
      if (stream.lastOffset < lastOffset) [oldest, lastOffset] = [producerId, stream.lastOffset];
    }
    if (oldest === undefined) return 0;
    this.streams.delete(oldest);
    return lastOffset + 1;
  }

  forgetBelow(offset: number): void {
    this.handled = [...difference(this.handled, [0, offset - 1])];
    this.epochs = this.epochs.filter((run) => run.last >= offset);
  }

  #stream(producerId: string): StreamDraft {
    const known = this.streams.get(producerId);
    if (known !== undefined) return known;
    const stream = blankStream();
    this.streams.set(producerId, stream);
    return stream;
  }

  #see(offset: number, epoch: number): void {
    const run = this.epochs.at(-1);
    if (run !== undefined && run.epoch === epoch && offset >= run.first) {
      if (offset > run.last) run.last = offset;
      return;
    }
    this.epochs.push({ epoch, first: offset, last: offset });
    if (this.epochs.length > maxEpochRuns) this.epochs.shift();
  }
}

/** What will be one report. */
export function createDraft(era: number, isReplay = false): Draft {
  return new Draft(era, true, isReplay);
}

/** What a member holds of everything it has reported. */
export function createHolding(era: number): Draft {
  return new Draft(era, false, false);
}

/** Nothing in it that a report would carry. Marks alone count: they forbid verdicts about what others finish. */
export function isBlank(draft: Draft): boolean {
  const { handled, givenUp, jumped, unstamped, foreign } = draft;
  return [handled, givenUp, jumped, unstamped, foreign].every(isEmpty);
}

type Body = Pick<
  TestimonyReport,
  "era" | "replay" | "handled" | "givenUp" | "jumped" | "epochs" | "streams" | "unstamped" | "foreign"
>;

/** The facts of a draft as a report carries them; offsets below `from` are not claimed. */
export function bodyOf(draft: Draft, from: number): Body {
  return {
    era: draft.era,
    replay: draft.isReplay,
    handled: from > 0 ? difference(draft.handled, [0, from - 1]) : [...draft.handled],
    givenUp: [...draft.givenUp],
    jumped: [...draft.jumped],
    epochs: draft.epochs.map((run) => ({ ...run })),
    streams: [...draft.streams].map(([producerId, stream]) => ({
      producerId,
      processed: [...stream.processed],
      twice: [...stream.twice],
      givenUp: [...stream.givenUp],
      jumped: [...stream.jumped],
      copies: [...stream.copies],
      late: [...stream.late],
    })),
    unstamped: [...draft.unstamped],
    foreign: [...draft.foreign],
  };
}

/**
 * Splits a refused report into the part at offsets that the group had already done and the rest: the first is a
 * redelivery, the second is news. Left-behind messages go with the news; known offsets among them are dropped.
 */
export function splitDraft(draft: Draft, known: RangeSet): readonly Draft[] {
  const old = createDraft(draft.era, draft.isReplay);
  const fresh = createDraft(draft.era, draft.isReplay);
  copyOffsets(draft, old, (set) => intersection(set, known));
  copyOffsets(draft, fresh, (set) => difference(set, known));
  old.forgetLeft();
  for (const [producerId, stream] of draft.streams) {
    for (let at = 0; at + 2 < stream.pairs.length; at += 3) {
      splitRun(producerId, stream.pairs.slice(at, at + 3), known, old, fresh);
    }
  }
  for (const [producerId, stream] of draft.streams) {
    const target = fresh.streams.get(producerId);
    if (target !== undefined) {
      target.givenUp = stream.givenUp;
      target.jumped = stream.jumped;
      target.copies = stream.copies;
      target.late = stream.late;
    } else if (!isEmpty(stream.givenUp) || !isEmpty(stream.jumped)) {
      fresh.streams.set(producerId, { ...stream, processed: [], twice: [], pairs: [] });
    }
  }
  return [old, fresh].filter((part) => !isBlank(part));
}

function copyOffsets(from: Draft, to: Draft, part: (set: RangeSet) => RangeSet): void {
  to.handled = [...part(from.handled)];
  to.givenUp.push(...part(from.givenUp));
  to.jumped.push(...part(from.jumped));
  to.unstamped.push(...part(from.unstamped));
  to.foreign.push(...part(from.foreign));
  to.epochs = from.epochs.map((run) => ({ ...run }));
  to.messageCount = isEmpty(union(union(to.handled, to.givenUp), to.jumped)) ? 0 : 1;
}

function splitRun(producerId: string, run: readonly number[], known: RangeSet, old: Draft, fresh: Draft): void {
  const [sequence = 0, offset = 0, count = 0] = run;
  for (let index = 0; index < count; index += 1) {
    const isKnown = !isEmpty(intersection(known, [offset + index, offset + index]));
    const target = isKnown ? old : fresh;
    const stream = target.streams.get(producerId) ?? blankStream();
    target.streams.set(producerId, stream);
    addPair(stream, sequence + index, offset + index);
    addRange(stream.processed, sequence + index, sequence + index);
  }
}

function blankStream(): StreamDraft {
  return { processed: [], twice: [], givenUp: [], jumped: [], copies: [], late: [], pairs: [], lastOffset: -1 };
}

/** Returns how many runs it added: 0 or 1. */
function addPair(stream: StreamDraft, sequence: number, offset: number): number {
  const { processed, pairs } = stream;
  const last = processed.at(-1);
  // In order, as nearly always, the set grows at its end and needs no search.
  if (last !== undefined && sequence <= last && !isEmpty(intersection(processed, [sequence, sequence]))) {
    if (!hasPair(pairs, sequence, offset)) addRange(stream.twice, sequence, sequence);
  }
  const at = pairs.length - 3;
  const count = pairs[at + 2] ?? 0;
  if (at >= 0 && (pairs[at] ?? 0) + count === sequence && (pairs[at + 1] ?? 0) + count === offset) {
    pairs[at + 2] = count + 1;
    return 0;
  }
  pairs.push(sequence, offset, 1);
  return 1;
}

/** The same message handled again within one report (a retry after a failed batch) is no second copy. */
function hasPair(pairs: PairRuns, sequence: number, offset: number): boolean {
  for (let at = 0; at + 2 < pairs.length; at += 3) {
    const index = sequence - (pairs[at] ?? 0);
    if (index >= 0 && index < (pairs[at + 2] ?? 0) && (pairs[at + 1] ?? 0) + index === offset) return true;
  }
  return false;
}
