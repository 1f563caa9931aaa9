import type { Book, Carrier } from "./book.ts";
import type { Claim, Claims } from "./claims.ts";
import { both, either, type Names, without } from "./name-sets.ts";
import { parseName } from "./span.ts";

/** How long it took from the loss to the confirmed finding, in milliseconds. */
interface Delay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Truth and findings of one carrier. */
interface CarrierSummary {
  readonly sent: number;
  readonly lost: number;
  readonly found: number;
  readonly rejected: number;
}

/** The demo's result: the last line of `--json`. The first nine fields are a contract. */
export interface Summary {
  readonly kind: "summary";
  readonly sent: number;
  /** By the book. */
  readonly lost: number;
  /** Named by a confirmed finding, and lost. */
  readonly found: number;
  /** Named by a confirmed finding, and not lost. */
  readonly falselyNamed: number;
  /** Named by findings that end in doubt. */
  readonly inDoubt: number;
  readonly duplicated: number;
  readonly duplicatesFound: number;
  readonly delayMs: Delay;
  /** Begun by a consumer that was killed: what has to end in doubt. */
  readonly expectedInDoubt: number;
  readonly rejected: number;
  /** Rejected and really not stored. */
  readonly rejectedAndMissing: number;
  /** Sent while recording was switched off: nobody promised to find them. */
  readonly unaudited: number;
  readonly lostUnaudited: number;
  /** Messages that findings count and do not name. */
  readonly unnamed: number;
  readonly kafka: CarrierSummary;
  readonly rabbitmq: CarrierSummary;
  /** Found and lost are the same messages, none was named falsely, and exactly the expected ones are in doubt. */
  readonly holds: boolean;
  /** A sample of what does not agree, at most ten of each. */
  readonly amiss: Readonly<Record<string, readonly string[]>>;
}

export interface Result {
  readonly book: Book;
  readonly claims: Claims;
  readonly lostBy: Readonly<Record<Carrier, Names>>;
  readonly duplicatesFound: number;
  /**
   * True where recording was switched off or the store lost its memory for a while: a loss may then be in doubt or
   * unaudited instead of found, as long as it is shown as such.
   */
  readonly hasBlindSpots: boolean;
}

const maxShown = 10;

/** Compares what Seqwatch says with what happened, as sets of messages. */
export function summarize({ book, claims, lostBy, duplicatesFound, hasBlindSpots }: Result): Summary {
  const nothing: Names = new Set();
  const lost = either(lostBy.kafka, lostBy.rabbitmq);
  const named: Names = new Set(claims.confirmed.keys());
  const found = both(named, lost);
  const unaudited = book.unaudited();
  const held = book.held();
  const amiss: Readonly<Record<string, Names>> = {
    missed: without(without(lost, found), hasBlindSpots ? either(unaudited, claims.inDoubt) : nothing),
    falselyNamed: without(named, lost),
    unexpectedDoubts: hasBlindSpots ? nothing : without(claims.inDoubt, held),
    missingDoubts: without(without(held, claims.inDoubt), hasBlindSpots ? unaudited : nothing),
    unnamed: new Set(
      // Of thousands that were on their way while recording was off, a finding keeps the names of some.
      claims.unnamed.filter(({ state }) => state === "confirmed" || !hasBlindSpots).map(({ text }) => text),
    ),
  };
  const tallies = { kafka: book.tally("kafka"), rabbitmq: book.tally("rabbitmq") };
  const carrier = (name: Carrier): CarrierSummary => ({
    sent: tallies[name].sent,
    lost: lostBy[name].size,
    found: both(found, lostBy[name]).size,
    rejected: tallies[name].rejected,
  });
  return {
    kind: "summary",
    sent: tallies.kafka.sent + tallies.rabbitmq.sent,
    lost: lost.size,
    found: found.size,
    falselyNamed: without(named, lost).size,
    inDoubt: claims.inDoubt.size,
    duplicated: book.duplicated().size,
    duplicatesFound,
    delayMs: delayOf(
      [...found].flatMap((name) => claims.confirmed.get(name) ?? []),
      book,
    ),
    expectedInDoubt: held.size,
    rejected: tallies.kafka.rejected + tallies.rabbitmq.rejected,
    rejectedAndMissing: book.rejectedAndMissing("kafka") + book.rejectedAndMissing("rabbitmq"),
    unaudited: unaudited.size,
    lostUnaudited: both(lost, unaudited).size,
    unnamed: claims.unnamed.length,
    kafka: carrier("kafka"),
    rabbitmq: carrier("rabbitmq"),
    holds: Object.values(amiss).every((names) => names.size === 0),
    amiss: Object.fromEntries(
      Object.entries(amiss)
        .filter(([, names]) => names.size > 0)
        .map(([what, names]) => [what, [...names].slice(0, maxShown)]),
    ),
  };
}

function delayOf(claims: readonly Claim[], book: Book): Delay {
  const delays = claims
    .flatMap(({ name, confirmedAtMs }) => {
      const message = parseName(name);
      const goneAtMs = message === undefined ? undefined : book.goneAtMs(message);
      return goneAtMs === undefined ? [] : [Math.max(0, Math.round(confirmedAtMs - goneAtMs))];
    })
    .sort((a, b) => a - b);
  return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), max: quantile(delays, 1) };
}

/** The smallest value that so large a part of the sorted values does not exceed; 0 of none. */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
}
