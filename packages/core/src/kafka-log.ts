import type { Place } from "./kafka-places.ts";
import {
  contains,
  covers,
  intersection,
  isEmpty,
  overlaps,
  type RangeSet,
  rangeOf,
  union,
  unionAll,
} from "./range-set.ts";
import type { KafkaReading, LoggedStamp, LogRange } from "./reading.ts";
import type { EpochRun } from "./testimony-report.ts";

/** The records of one reading, in the forms that the judge asks for. */
export interface LogView {
  readonly covered: RangeSet;
  readonly unstamped: RangeSet;
  readonly undelivered: RangeSet;
  readonly byOffset: ReadonlyMap<number, LoggedStamp>;
  /** By producerId and sequence, the lowest offset. */
  find(producerId: string, sequence: number): LoggedStamp | undefined;
  /** By producerId: sequences of records whose transaction was aborted. */
  readonly aborted: ReadonlyMap<string, RangeSet>;
  epochAt(offset: number): number | undefined;
}

export function viewOf(reading: KafkaReading | undefined): LogView {
  const extracts = reading?.extracts ?? [];
  const byOffset = new Map<number, LoggedStamp>();
  const byProducer = new Map<string, Map<number, LoggedStamp>>();
  for (const extract of extracts) {
    for (const stamp of extract.stamps) {
      byOffset.set(stamp.offset, stamp);
      const stream = byProducer.get(stamp.producerId) ?? new Map<number, LoggedStamp>();
      byProducer.set(stamp.producerId, stream);
      const known = stream.get(stamp.sequence);
      if (known === undefined || stamp.offset < known.offset) stream.set(stamp.sequence, stamp);
    }
  }
  const epochs = extracts.flatMap((extract) => extract.epochs);
  return {
    covered: unionAll(extracts.map((extract) => rangeOf(extract.first, extract.last))),
    unstamped: unionAll(extracts.map((extract) => extract.unstamped)),
    undelivered: unionAll(extracts.map((extract) => extract.undelivered ?? [])),
    byOffset,
    find: (producerId, sequence) => byProducer.get(producerId)?.get(sequence),
    aborted: abortedOf(extracts.flatMap((extract) => extract.aborted ?? [])),
    epochAt: (offset) => epochs.find((run) => run.first <= offset && offset <= run.last)?.epoch,
  };
}

function abortedOf(stamps: readonly LoggedStamp[]): ReadonlyMap<string, RangeSet> {
  const byProducer = Map.groupBy(stamps, ({ producerId }) => producerId);
  return new Map(
    [...byProducer].map(([producerId, own]) => [
      producerId,
      unionAll(own.map(({ sequence }) => rangeOf(sequence, sequence))),
    ]),
  );
}

/** What a reading says of a run of sequences in its interval. */
export type LogAnswer = "absent" | "not-read" | "unstamped-there" | "cut-by-log-start";

/** Whether the whole interval was read and holds nothing that could be one of them. Call it for runs not located. */
export function answerOf(view: LogView, reading: KafkaReading | undefined, place: Place): LogAnswer {
  if (reading === undefined || place.high >= reading.lastStableOffset) return "not-read";
  if (place.low < reading.logStart) return "cut-by-log-start";
  if (place.high >= place.low && !covers(view.covered, place.low, place.high)) return "not-read";
  if (overlaps(view.unstamped, place.low, place.high)) return "unstamped-there";
  return "absent";
}

/** Whether a record lies at each offset of the interval: then compaction has taken nothing there. */
export function isFull({ byOffset, unstamped, undelivered }: LogView, place: Place): boolean {
  const others = union(unstamped, undelivered);
  for (let offset = place.low; offset <= place.high; offset += 1) {
    if (!byOffset.has(offset) && !contains(others, offset)) return false;
  }
  return true;
}

/** At the offsets that the broker told lie earlier records of the same producer: acknowledged in place of those. */
export function isMisAcked(view: LogView, producerId: string, place: Place): boolean {
  if (place.told === undefined) return false;
  for (let sequence = place.first; sequence <= place.last; sequence += 1) {
    const record = view.byOffset.get(place.told + (sequence - place.first));
    if (record?.producerId !== producerId || record.sequence >= sequence) return false;
  }
  return true;
}

/** The log was cut and filled again between two looks: offsets now bear another epoch than they were handled with. */
export function hasOtherEpoch(view: LogView, handled: readonly EpochRun[], place: Place): boolean {
  return handled.some((run) => {
    const first = Math.max(run.first, place.low);
    const last = Math.min(run.last, place.high);
    if (first > last) return false;
    const [atFirst = run.epoch, atLast = run.epoch] = [view.epochAt(first), view.epochAt(last)];
    return atFirst !== run.epoch || atLast !== run.epoch;
  });
}

/** At the offset that the broker told lies something else: the log was cut there and filled again. */
export function wasRefilled(view: LogView, producerId: string, place: Place): boolean {
  if (place.told === undefined) return false;
  for (let sequence = place.first; sequence <= place.last; sequence += 1) {
    const offset = place.told + (sequence - place.first);
    const record = view.byOffset.get(offset);
    const isThere = record?.producerId === producerId && record.sequence === sequence;
    if (!isThere && contains(view.covered, offset)) return true;
  }
  return false;
}

/** The offsets of a range that the log can show at all. */
export function readableOf(reading: KafkaReading, low: number, high: number): LogRange | undefined {
  const within = intersection(rangeOf(Math.max(0, low), high), rangeOf(reading.logStart, reading.lastStableOffset - 1));
  const first = within[0];
  const last = within.at(-1);
  return isEmpty(within) || first === undefined || last === undefined ? undefined : { first, last };
}
