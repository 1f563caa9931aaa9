import { instanceOf } from "./fact-words.ts";
import type { Finding, FindingStep, Gap, GapState, Instance } from "./finding.ts";
import { consumersOf, factsOf } from "./finding-facts.ts";
import type { ClientStanding } from "./judge.ts";
import { type Lane, laneKeyOf } from "./lane.ts";
import type { LaneRecord } from "./lane-record.ts";
import type { Reference } from "./ledger-report.ts";
import { neighboursOf } from "./neighbours.ts";
import { difference, firstOf, intersection, isEmpty, type RangeSet, union, unionAll } from "./range-set.ts";
import type { KafkaReading, LoggedStamp, RabbitReading } from "./reading.ts";

/** What the findings of a lane are worked out from, after one pass. */
export interface PassResult {
  readonly lane: Lane;
  readonly snapshot: LaneRecord;
  /** What is missing now; pending ones open no finding. */
  readonly gaps: readonly Gap[];
  /** Newly final, with exactly the sequences that the store had not confirmed before. */
  readonly confirmed: readonly Gap[];
  readonly withdrawn: readonly {
    readonly producerId: string;
    readonly group: string | undefined;
    readonly sequences: RangeSet;
  }[];
  /** Who is behind each client id, for people. */
  readonly instances: ReadonlyMap<string, Instance>;
  /** Records that this pass read in the log. */
  readonly stamps: readonly LoggedStamp[];
  /** For the facts that people are told: how clients stand, and what this pass read of the broker. */
  readonly clients?: ReadonlyMap<string, ClientStanding>;
  readonly reading?: KafkaReading | RabbitReading | undefined;
  /** Wall clock, for people. */
  readonly wallMs: number;
  /** The same moment on the monotonic clock that readings bear. */
  readonly nowMs?: number;
}

const precedence: readonly GapState[] = [
  "confirmed",
  "suspected",
  "in-doubt",
  "not-sent",
  "withdrawn",
  "explained",
  "pending",
];

/** Carries the findings of a lane over one pass. Only the changed ones come back. */
export function updateFindings(known: readonly Finding[], pass: PassResult): readonly Finding[] {
  const changed: Finding[] = [];
  const current: Finding[] = [];
  for (const finding of known) {
    const next = isCollected(finding, pass) ? finding : carryFinding(finding, pass);
    current.push(next);
    if (next !== finding) changed.push(next);
  }
  for (const gap of [...pass.confirmed, ...pass.gaps]) {
    if (isWaiting(gap)) continue;
    const news = difference(gap.sequences, unionAll(current.filter((one) => isAbout(one, gap)).map(everythingIn)));
    if (isEmpty(news)) continue;
    const opened = openFinding(pass, { ...gap, sequences: news }, current);
    current.push(opened);
    changed.push(opened);
  }
  return changed;
}

/** Its stream had its time: what was last said of it stands. */
function isCollected({ producerId }: Finding, { snapshot }: PassResult): boolean {
  return snapshot.collected !== undefined && !snapshot.ledgers.has(producerId);
}

/** The group has not got there, and somebody is on the way. */
function isWaiting({ state, verdict }: Gap): boolean {
  return state === "pending" && verdict !== "consume.stopped";
}

/** Whether nothing about it can change any more, short of a withdrawal. */
export function isFinal(finding: Finding): boolean {
  return isEmpty(finding.sequences.suspected ?? []) && isEmpty(finding.sequences["in-doubt"] ?? []);
}

function isAbout(finding: Finding, gap: { readonly producerId: string; readonly group: string | undefined }): boolean {
  return finding.producerId === gap.producerId && finding.group === gap.group;
}

function everythingIn(finding: Finding): RangeSet {
  return unionAll(Object.values(finding.sequences));
}

/** While a group stands still, what comes to wait belongs to the finding that says so. */
function stoppedBefore(finding: Finding, gaps: readonly Gap[]): RangeSet {
  if (finding.state !== "pending") return [];
  return unionAll(gaps.filter(({ state }) => state === "pending").map(({ sequences }) => sequences));
}

/** A sequence stays in its finding and moves between states; what is no longer missing was recovered. */
function carryFinding(finding: Finding, pass: PassResult): Finding {
  const gaps = pass.gaps.filter((gap) => isAbout(finding, gap) && !isWaiting(gap));
  if (isUntouched(finding, gaps, pass)) return finding;
  const mine = union(everythingIn(finding), stoppedBefore(finding, gaps));
  const proven = pass.confirmed.filter((gap) => isAbout(finding, gap) && !isEmpty(intersection(gap.sequences, mine)));
  const gone = unionAll(pass.withdrawn.filter((note) => isAbout(finding, note)).map((note) => note.sequences));
  const withdrawn = union(finding.sequences.withdrawn ?? [], intersection(mine, gone));
  const confirmed = difference(
    union(finding.sequences.confirmed ?? [], intersection(mine, unionAll(proven.map((gap) => gap.sequences)))),
    withdrawn,
  );
  const sequences: Partial<Record<GapState, RangeSet>> = { confirmed, withdrawn };
  let rest = difference(difference(mine, confirmed), withdrawn);
  for (const gap of gaps) {
    const part = intersection(rest, gap.sequences);
    if (isEmpty(part)) continue;
    sequences[gap.state] = union(sequences[gap.state] ?? [], part);
    rest = difference(rest, part);
  }
  sequences.explained = union(sequences.explained ?? [], rest);
  return describe(
    finding,
    sequences,
    [...proven, ...gaps.filter((gap) => !isEmpty(intersection(gap.sequences, mine)))],
    pass,
  );
}

/** Final, and nothing in this pass is about it: nearly all that are kept, in nearly every pass. */
function isUntouched(finding: Finding, gaps: readonly Gap[], pass: PassResult): boolean {
  const { suspected = [], pending = [], "in-doubt": doubted = [], "not-sent": notSent = [] } = finding.sequences;
  if (![suspected, pending, doubted, notSent].every(isEmpty)) return false;
  if (finding.neighbours.length < 2 && pass.stamps.length > 0) return false;
  if (finding.producer !== undefined && finding.producer.service === "") return false;
  if ((pass.snapshot.ledgers.get(finding.producerId)?.references ?? []).length > 0) return false;
  const isTouchedBy = (part: { readonly producerId: string; readonly group: string | undefined }) =>
    isAbout(finding, part);
  if (pass.confirmed.some(isTouchedBy) || pass.withdrawn.some(isTouchedBy)) return false;
  const mine = everythingIn(finding);
  return gaps.every((gap) => isEmpty(intersection(gap.sequences, mine)));
}

function describe(
  finding: Finding,
  sequences: Partial<Record<GapState, RangeSet>>,
  gaps: readonly Gap[],
  pass: PassResult,
): Finding {
  const filled = withoutEmpty(sequences);
  const state = precedence.find((one) => filled[one] !== undefined) ?? "explained";
  const gap = gaps.find((one) => one.state === state);
  const isRecovered = state === "explained" && gap === undefined;
  const decidedBy =
    gap?.decidedBy ?? (isRecovered && finding.state !== "explained" ? "It turned up." : finding.decidedBy);
  // Once both sides are known there is nothing to look for, in every pass and for every finding that is kept.
  const isSettled = finding.neighbours.length === 2 || pass.stamps.length === 0;
  const found = isSettled ? [] : neighboursOf(pass.stamps, finding.producerId, unionAll(Object.values(filled)));
  const next: Finding = {
    ...finding,
    state,
    sequences: filled,
    verdict: gap?.verdict ?? finding.verdict,
    cause: gap === undefined ? finding.cause : gap.cause,
    offsets: boundedOffsets(gap?.offsets) ?? finding.offsets,
    neighbours: found.length > finding.neighbours.length ? found : finding.neighbours,
    decidedBy,
    producer: betterKnown(finding.producer, pass),
    ...namesOf(finding, referencesOf(pass, finding.producerId, unionAll(Object.values(filled)))),
  };
  if (JSON.stringify(next) === JSON.stringify(finding)) return finding;
  const explained = isSameCase(next, finding)
    ? next
    : { ...next, ...explain({ ...next, sequences: filled[state] ?? [] }, gap, pass) };
  // Whoever changed it before may have had a clock that is ahead of this one: the later change has to win.
  const atMs = Math.max(pass.wallMs, finding.changedAtMs);
  const history = state === finding.state ? finding.history : [...finding.history, stepTo(state, atMs, gap)].slice(-32);
  return { ...explained, changedAtMs: atMs, history };
}

function stepTo(state: GapState, atMs: number, gap: Gap | undefined): FindingStep {
  const provenForMs = state === "confirmed" ? gap?.provenForMs : undefined;
  return provenForMs === undefined ? { state, atMs } : { state, atMs, provenForMs: Math.round(provenForMs) };
}

/** Figures move with every pass: only where the case itself is another one are they told anew. */
function isSameCase(next: Finding, before: Finding): boolean {
  const caseOf = ({ state, verdict, cause, decidedBy, sequences, producer }: Finding) =>
    JSON.stringify([state, verdict, cause, decidedBy, sequences, producer]);
  return before.facts !== undefined && caseOf(next) === caseOf(before);
}

/** What a finding says of how it was decided, and of who was to get its messages. */
function explain(
  about: Pick<Gap, "producerId" | "group" | "sequences" | "offsets">,
  gap: Gap | undefined,
  pass: PassResult,
): Pick<Finding, "facts" | "consumers" | "unattributed"> {
  const { producerId, group, sequences } = about;
  const offsets = gap?.offsets ?? about.offsets;
  return {
    facts: factsOf({ producerId, group, sequences, offsets, ...(gap?.facts && { facts: gap.facts }) }, pass),
    consumers: consumersOf(group, pass),
    ...(gap?.unattributed === true && { unattributed: true }),
  };
}

/** A first report may be older than the first sign of the client that wrote it. */
function betterKnown(producer: Finding["producer"], pass: PassResult): Finding["producer"] {
  return producer === undefined || producer.service !== "" ? producer : instanceOf(producer.clientId, pass);
}

/** An interval without an upper end yet says nothing to a person. */
function boundedOffsets(offsets: Gap["offsets"]): Gap["offsets"] {
  return offsets !== undefined && Number.isFinite(offsets.high) ? offsets : undefined;
}

function openFinding(pass: PassResult, gap: Gap, known: readonly Finding[]): Finding {
  const ledger = pass.snapshot.ledgers.get(gap.producerId);
  const base = `${laneKeyOf(pass.lane)}#${gap.producerId}#${encodeURIComponent((gap.group ?? "").toWellFormed())}#${firstOf(gap.sequences) ?? 0}`;
  let opening = 1;
  while (known.some((finding) => finding.id === `${base}.${opening}`)) opening += 1;
  return {
    id: `${base}.${opening}`,
    lane: pass.lane,
    producerId: gap.producerId,
    group: gap.group,
    state: gap.state,
    verdict: gap.verdict,
    cause: gap.cause,
    sequences: { [gap.state]: gap.sequences },
    offsets: boundedOffsets(gap.offsets),
    decidedBy: gap.decidedBy,
    ...namesOf(undefined, referencesOf(pass, gap.producerId, gap.sequences)),
    producer: ledger === undefined ? undefined : instanceOf(ledger.clientId, pass),
    ...explain(gap, gap, pass),
    neighbours: neighboursOf(pass.stamps, gap.producerId, gap.sequences),
    openedAtMs: pass.wallMs,
    changedAtMs: pass.wallMs,
    history: [stepTo(gap.state, pass.wallMs, gap)],
  };
}

function referencesOf(pass: PassResult, producerId: string, sequences: RangeSet): readonly Reference[] {
  const references = pass.snapshot.ledgers.get(producerId)?.references ?? [];
  return references.filter(({ sequence }) => !isEmpty(intersection(sequences, [sequence, sequence])));
}

/** What was known once stays known, also when the producer has forgotten it. */
function namesOf(
  finding: Finding | undefined,
  news: readonly Reference[],
): { readonly references: readonly string[]; readonly messages: readonly Reference[] } {
  const known = finding?.messages ?? [];
  const numbers = new Set(known.map(({ sequence }) => sequence));
  const messages = [...known, ...news.filter(({ sequence }) => !numbers.has(sequence))];
  const texts = new Set([...(finding?.references ?? []), ...messages.map(({ text }) => text)]);
  return { references: [...texts], messages };
}

function withoutEmpty(sequences: Partial<Record<GapState, RangeSet>>): Partial<Record<GapState, RangeSet>> {
  return Object.fromEntries(Object.entries(sequences).filter(([, set]) => !isEmpty(set)));
}
