import {
  type Bracket,
  type Chunk,
  formatRanges,
  type LedgerReport,
  type Lifetimes,
  parseRanges,
  type RangeSet,
  type VoidRun,
} from "@seqwatch/core";
import { decodePart, encodePart } from "./keys.ts";
import { parseInteger } from "./numbers.ts";

/** A ledger as the texts of its fields; docs/store.md says how they read. A healthy one fits into 64 bytes a field. */
export interface LedgerTexts {
  /** number;nonce;assigned;floor;acked;client;ended;confirms;unaudited: the scripts read as far as `acked`. */
  readonly ledger: string;
  readonly chunks: string;
  /** omitted;uncertain;told;returned;retried;brackets;stuck;transient;expiring;expiresAfterMs */
  readonly outcomes: string;
  readonly voided: string;
  readonly references: string;
}

export function formatLedger(report: LedgerReport): LedgerTexts {
  const { assigned, ended, acked } = report;
  return {
    ledger: joined([
      `${report.number};${encodePart(report.nonce)};${assigned};${report.floor || ""}`,
      formatShare(acked, assigned),
      `${encodePart(report.clientId)};${ended === 0 ? "" : ended === assigned ? "=" : ended}`,
      report.confirms ? "" : "0",
      `${report.unauditedCount || ""}`,
    ]),
    chunks: report.chunks.map(formatChunk).join(","),
    outcomes: joined([
      ...[report.omitted, report.uncertain, report.told, report.returned, report.retried].map(formatRanges),
      report.brackets.map(formatBracket).join(","),
      formatRanges(report.stuck ?? []),
      ...formatLifetimes(report),
    ]),
    voided: report.voided.map(({ reason, sequences }) => `${reason}:${formatRanges(sequences)}`).join(";"),
    references:
      report.references.length === 0
        ? ""
        : JSON.stringify(report.references.map(({ sequence, text }) => [sequence, text])),
  };
}

/** The ledger of these texts; undefined where one of them is not what `formatLedger` writes. */
export function parseLedger(producerId: string, texts: LedgerTexts): LedgerReport | undefined {
  const [number, nonce, assigned, floor, acked, client, ended, confirms, unaudited] = texts.ledger.split(";");
  const [omitted, uncertain, told, returned, retried, brackets, stuck, ...lifetimes] = texts.outcomes.split(";");
  const given = parseInteger(assigned);
  const ledger = allKnown({
    producerId,
    clientId: decodePart(client ?? ""),
    number: parseInteger(number),
    nonce: decodePart(nonce ?? ""),
    buildsOn: "",
    assigned: given,
    ended: ended === "=" ? given : parseInteger(ended || "0"),
    confirms: confirms !== "0",
    acked: parseShare(acked, given),
    omitted: parseRanges(omitted ?? ""),
    uncertain: parseRanges(uncertain ?? ""),
    told: parseRanges(told ?? ""),
    returned: parseRanges(returned ?? ""),
    retried: parseRanges(retried ?? ""),
    voided: parseAll(texts.voided, ";", parseVoidRun),
    chunks: parseAll(texts.chunks, ",", parseChunk),
    brackets: parseAll(brackets ?? "", ",", parseBracket),
    floor: parseInteger(floor || "0"),
    unauditedCount: parseInteger(unaudited || "0"),
    references: parseReferences(texts.references),
  });
  const refused = parseRanges(stuck ?? "");
  const lives = parseLifetimes(lifetimes, given);
  if (ledger === undefined || refused === undefined || lives === undefined) return undefined;
  return { ...ledger, ...(refused.length === 0 ? {} : { stuck: refused }), ...lives };
}

/** A set that is mostly all or nothing of what was given out: `*` is all of it. */
function formatShare(set: RangeSet, assigned: number): string {
  return set.length === 2 && set[0] === 1 && set[1] === assigned ? "*" : formatRanges(set);
}

function parseShare(text: string | undefined, assigned: number | undefined): RangeSet | undefined {
  return text === "*" ? parseRanges(`1${assigned === 1 ? "" : `-${assigned}`}`) : parseRanges(text ?? "");
}

function formatLifetimes({ lifetimes, assigned }: LedgerReport): readonly string[] {
  if (lifetimes === undefined) return [];
  const { transient, expiring, expiresAfterMs } = lifetimes;
  return [...[transient, expiring].map((set) => formatShare(set, assigned)), `${expiresAfterMs || ""}`];
}

function parseLifetimes(
  texts: readonly string[],
  assigned: number | undefined,
): { readonly lifetimes?: Lifetimes } | undefined {
  const [transient, expiring, expiresAfter] = texts;
  if (!transient && !expiring) return {};
  const lifetimes = allKnown({
    transient: parseShare(transient, assigned),
    expiring: parseShare(expiring, assigned),
    expiresAfterMs: parseInteger(expiresAfter || "0"),
  });
  return lifetimes === undefined ? undefined : { lifetimes };
}

/** `first-last@low` where offsets follow the sequences one by one, else with `-high`; `^era` unless it is 0. */
function formatChunk({ first, last, low, high, exact, era }: Chunk): string {
  const end = exact && high === low + last - first ? "" : `${exact ? "=" : "-"}${high}`;
  return `${formatRun(first, last)}@${low}${end}${era === 0 ? "" : `^${era}`}`;
}

function parseChunk(text: string): Chunk | undefined {
  const match = /^(\d+)(?:-(\d+))?@(\d+)(?:([-=])(\d+))?(?:\^(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, firstText, lastText, lowText, kind, highText, eraText] = match;
  const first = Number(firstText);
  const last = Number(lastText ?? firstText);
  const low = Number(lowText);
  const high = highText === undefined ? low + last - first : Number(highText);
  if (![first, last, low, high].every(Number.isSafeInteger) || !Number.isSafeInteger(Number(eraText ?? 0)))
    return undefined;
  return { first, last, low, high, exact: kind !== "-", era: Number(eraText ?? 0) };
}

/** `first-last>above<upTo`, either end only where it is known; `^era` unless it is 0. */
function formatBracket({ first, last, above, upTo, era }: Bracket): string {
  return `${formatRun(first, last)}>${above ?? ""}<${upTo ?? ""}${era === 0 ? "" : `^${era}`}`;
}

function parseBracket(text: string): Bracket | undefined {
  const match = /^(\d+)(?:-(\d+))?>(-?\d*)<(-?\d*)(?:\^(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, first, last, above, upTo, era] = match;
  if (![first, last ?? 0, above, upTo, era ?? 0].every((part) => Number.isSafeInteger(Number(part)))) return undefined;
  return {
    first: Number(first),
    last: Number(last ?? first),
    above: above === "" ? undefined : Number(above),
    upTo: upTo === "" ? undefined : Number(upTo),
    era: Number(era ?? 0),
  };
}

function parseVoidRun(text: string): VoidRun | undefined {
  const [reason, ranges] = text.split(":");
  const sequences = parseRanges(ranges ?? "");
  const known = voidReasons.find((name) => name === reason);
  return known === undefined || sequences === undefined ? undefined : { reason: known, sequences };
}

const voidReasons = ["rejected", "refused", "too-large", "nacked", "aborted", "unstamped"] as const;

function parseReferences(text: string): LedgerReport["references"] | undefined {
  if (text === "") return [];
  const pairs = parseJson(text);
  if (!Array.isArray(pairs)) return undefined;
  const references = pairs.map((pair: unknown) => {
    const [sequence, words]: unknown[] = Array.isArray(pair) ? pair : [];
    return Number.isSafeInteger(sequence) && typeof sequence === "number" && typeof words === "string"
      ? { sequence, text: words }
      : undefined;
  });
  return references.every((reference) => reference !== undefined) ? references : undefined;
}

/** The value of a JSON text; undefined for any other text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseAll<T>(text: string, mark: string, parse: (piece: string) => T | undefined): readonly T[] | undefined {
  const pieces = text === "" ? [] : text.split(mark).map(parse);
  return pieces.every((piece) => piece !== undefined) ? pieces : undefined;
}

type Known<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The object, if no property of it is undefined: one damaged part makes the whole unreadable. */
export function allKnown<T extends object>(parts: T): Known<T> | undefined {
  // The check on the line itself is what the assertion says.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.values(parts).every((part) => part !== undefined) ? (parts as Known<T>) : undefined;
}

function formatRun(first: number, last: number): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

function joined(parts: readonly string[]): string {
  return parts.join(";").replace(/;+$/, "");
}
