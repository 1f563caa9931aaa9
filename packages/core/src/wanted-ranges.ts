import type { KafkaReading, LogRange, RabbitReading } from "./reading.ts";

/**
 * Ranges that overlap are read once, with the record on either side: a finding links to its neighbours' traces. What
 * would grow too long that way stays apart: an interval proves something only where one reading holds all of it.
 */
export function joinWanted(wanted: readonly LogRange[]): readonly LogRange[] {
  const joined: LogRange[] = [];
  const alone: LogRange[] = [];
  for (const range of wanted.toSorted((a, b) => a.first - b.first || a.last - b.last)) {
    const [first, last] = [Math.max(0, range.first - 1), range.last + 1];
    const before = joined.at(-1);
    if (last - first >= maxJoinedRecords) alone.push({ first, last });
    else if (before === undefined || first > before.last + 1 || last - before.first >= maxJoinedRecords)
      joined.push({ first, last });
    else joined[joined.length - 1] = { first: before.first, last: Math.max(last, before.last) };
  }
  return [...joined, ...alone].sort((a, b) => a.first - b.first || a.last - b.last);
}

/**
 * The order in which the next reading should go through the log: one reading goes through so many records and no more,
 * so the next one begins where the last one ended, and each range has its turn. What is longer than a reading comes last.
 */
export function inTurn(
  wanted: readonly LogRange[],
  reading: KafkaReading | RabbitReading | undefined,
): readonly LogRange[] {
  const fitting = wanted.filter((range) => !isTooLong(range));
  const ended = reading?.kind === "kafka" ? reading.extracts.at(-1)?.last : undefined;
  const next = ended === undefined ? 0 : fitting.findIndex(({ last }) => last > ended);
  const begin = Math.max(0, next);
  return [...fitting.slice(begin), ...fitting.slice(0, begin), ...wanted.filter(isTooLong)];
}

function isTooLong({ first, last }: LogRange): boolean {
  return last - first >= maxReadRecords;
}

/** What a reader goes through at one time, unless told otherwise. */
const maxReadRecords = 10_000;
const maxJoinedRecords = maxReadRecords / 2;
