import { instanceOf, nameOf, offsetsIn, sequencesIn } from "./fact-words.ts";
import type { Question } from "./finding-facts.ts";
import type { PassResult } from "./findings.ts";
import type { LedgerReport, Lifetimes, VoidReason } from "./ledger-report.ts";
import { difference, intersection, isEmpty, type RangeSet, rangeOf } from "./range-set.ts";

/** What the producer itself reported of these messages. */
export function factsOfLedger(question: Question, pass: PassResult): readonly string[] {
  const ledger = pass.snapshot.ledgers.get(question.producerId);
  if (ledger === undefined) return [`No producer reports that it sent stream ${question.producerId}.`];
  const { sequences } = question;
  const part = (set: RangeSet): RangeSet => intersection(set, sequences);
  const said: string[] = [aboutStream(ledger, nameOf(instanceOf(ledger.clientId, pass)))];
  said.push(...aboutAcked(ledger, part(ledger.acked), pass));
  say(said, part(ledger.omitted), (set) => `Left out of the answer to a send that resolved: ${set}.`);
  if (!isEmpty(part(ledger.omitted))) said.push(...aboutPlace(question));
  for (const { reason, sequences: refused } of ledger.voided)
    say(said, part(refused), (set) => `Not stored, by the producer's account: ${set} (${wordsOf[reason]}).`);
  say(said, difference(part(ledger.uncertain), ledger.acked), (set) => `Rejected, or never answered: ${set}.`);
  say(said, part(ledger.told), (set) => `Sent without asking for an answer: ${set}.`);
  say(said, part(ledger.returned), (set) => `Returned by the broker as unroutable: ${set}.`);
  say(said, part(ledger.stuck ?? []), (set) => `Refused for its own sequence number, again and again: ${set}.`);
  if (ledger.lifetimes !== undefined) said.push(...aboutLifetimes(ledger.lifetimes, part));
  say(said, part(ledger.retried), (set) => `Sent more than once by the client itself: ${set}.`);
  return said;
}

function aboutStream(ledger: LedgerReport, name: string): string {
  const end = ledger.ended === ledger.assigned ? "and ended the stream" : "and goes on";
  return `${name} had given out ${sequencesIn(rangeOf(1, ledger.assigned))} by its report ${ledger.number}, ${end}.`;
}

function aboutAcked(ledger: LedgerReport, acked: RangeSet, pass: PassResult): readonly string[] {
  if (isEmpty(acked)) return [];
  if (pass.lane.system !== "kafka") return [`Confirmed by the broker: ${sequencesIn(acked)}.`];
  const said: string[] = [];
  for (const chunk of ledger.chunks) {
    const placed = intersection(acked, rangeOf(chunk.first, chunk.last));
    if (isEmpty(placed)) continue;
    const [first = chunk.first, last = chunk.last] = [placed[0], placed.at(-1)];
    const exact = rangeOf(chunk.low + (first - chunk.first), chunk.low + (last - chunk.first));
    const isExact = chunk.exact && placed.length === 2;
    const where = isExact ? `at ${offsetsIn(exact)}` : `within ${offsetsIn(rangeOf(chunk.low, chunk.high))}`;
    said.push(`Acknowledged ${where}: ${sequencesIn(placed)}.`);
    if (said.length === maxChunksSaid) return said;
  }
  return said.length > 0 ? said : [`Acknowledged, at offsets that are not known any more: ${sequencesIn(acked)}.`];
}

/** What was acknowledged before and after leaves only these offsets. */
function aboutPlace({ offsets }: Question): readonly string[] {
  if (offsets === undefined) return [];
  const { low, high } = offsets;
  if (high < low) return ["What was acknowledged before and after leaves no offset where it could be."];
  if (!Number.isFinite(high))
    return [`It can only lie at offset ${low} or above: nothing acknowledged later bounds it yet.`];
  return [`What was acknowledged before and after leaves only ${offsetsIn(rangeOf(low, high))} for it.`];
}

/** What a restart of the broker does not keep, and what goes by itself. */
function aboutLifetimes(lifetimes: Lifetimes, part: (set: RangeSet) => RangeSet): readonly string[] {
  const said: string[] = [];
  say(said, part(lifetimes.transient), (set) => `Not persistent: ${set}.`);
  say(
    said,
    part(lifetimes.expiring),
    (set) => `Sent with an expiration of ${lifetimes.expiresAfterMs} ms or more: ${set}.`,
  );
  return said;
}

function say(said: string[], set: RangeSet, sentence: (set: string) => string): void {
  if (!isEmpty(set)) said.push(sentence(sequencesIn(set)));
}

const maxChunksSaid = 4;

const wordsOf: Readonly<Record<VoidReason, string>> = {
  rejected: "the broker refused it",
  refused: "the client refused it before it was sent",
  "too-large": "too large",
  nacked: "the broker answered with a nack",
  aborted: "its transaction was aborted",
  unstamped: "it went out again without a stamp",
};
