import {
  type DeathReason,
  deathReasons,
  type EpochRun,
  eachRange,
  emptyGroup,
  emptyReceipts,
  type GroupOffsets,
  type GroupRecord,
  type MemberRecord,
  noOffsets,
  parseRanges,
  type Receipts,
} from "@seqwatch/core";
import { parseMember } from "./member-text.ts";
import { parseInteger } from "./numbers.ts";
import { parseRepeats } from "./repeats-text.ts";
import { deathLetters } from "./report-arguments.ts";

type OffsetSet = Exclude<keyof GroupOffsets, "epochs">;
type ReceiptSet = Exclude<keyof Receipts, "deaths" | "ceiling" | "floor" | "firstDelivered" | "doubtTo" | "repeats">;

const offsetSets: ReadonlyMap<string, OffsetSet> = new Map([
  ["h", "handled"],
  ["g", "givenUp"],
  ["j", "jumped"],
  ["u", "unstamped"],
  ["f", "foreign"],
]);

const receiptSets: ReadonlyMap<string, ReceiptSet> = new Map([
  ["p", "processed"],
  ["x", "rejected"],
  ["g", "givenUp"],
  ["j", "jumped"],
  ["d", "duplicate"],
  ["l", "lost"],
  ["w", "withdrawn"],
  ["a", "ahead"],
  ["r", "received"],
  ["n", "late"],
]);

const receiptNumbers: ReadonlyMap<string, "ceiling" | "floor" | "firstDelivered" | "doubtTo"> = new Map([
  ["c", "ceiling"],
  ["f", "floor"],
  ["1", "firstDelivered"],
  ["q", "doubtTo"],
]);

interface GroupParts {
  readonly done: Map<number, GroupOffsets>;
  readonly members: Map<string, MemberRecord>;
  readonly receipts: Map<string, Receipts>;
  /** Streams of which a field could not be read. */
  readonly unreadable: Set<string>;
  doubtTo: number;
  floor: number;
}

/** A floor or doubt that leaves nothing to be judged. */
const everything = Number.MAX_SAFE_INTEGER;

/**
 * Reads the fields of a lane's groups, which are named by the number that the record gave the group. Where a field that
 * could speak against a loss is damaged, nothing of its stream, or of its group, may be judged any more.
 */
export class GroupsDecoder {
  readonly #fields: ReadonlyMap<string, string>;
  readonly #names = new Map<string, string>();
  readonly #groups = new Map<string, GroupParts>();

  constructor(fields: ReadonlyMap<string, string>) {
    this.#fields = fields;
    for (const [field, text] of fields) if (field.startsWith("g")) this.#names.set(text, field.slice(1));
  }

  /** Whether the field is one of these, and sound. */
  read(field: string, text: string): boolean {
    if (field.startsWith("g")) return /^[1-9]\d*$/.test(text);
    const match = /^([DfUE]|[dr].|[mth])(\d+)(?::([^]*))?$/.exec(field);
    if (match === null) return false;
    const [, kind = "", id = "", name] = match;
    // A group without a name cannot be told: its fields are of no use.
    if (!this.#names.has(id)) return false;
    const group = this.#groupOf(id);
    const isPart = name !== undefined;
    switch (kind.charAt(0)) {
      case "d":
        return isPart && readOffsets(group, kind.charAt(1), name, text);
      case "r":
        return isPart && readReceipts(group, kind.charAt(1), name, text);
      case "m":
        return isPart && this.#readMember(group, id, name);
      case "t":
      case "h":
        return isPart && this.#fields.has(`m${id}:${name}`);
      default:
        return !isPart && readNumber(group, kind, text);
    }
  }

  finish(): ReadonlyMap<string, GroupRecord> {
    const groups = new Map<string, GroupRecord>();
    for (const [id, name] of this.#names) {
      const parts = this.#groups.get(id);
      groups.set(name, parts === undefined ? emptyGroup : toGroup(parts));
    }
    return groups;
  }

  #groupOf(id: string): GroupParts {
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    const begun: GroupParts = {
      done: new Map(),
      members: new Map(),
      receipts: new Map(),
      unreadable: new Set(),
      doubtTo: 0,
      floor: 0,
    };
    this.#groups.set(id, begun);
    return begun;
  }

  #readMember(group: GroupParts, id: string, memberId: string): boolean {
    const part = (kind: string): string => this.#fields.get(`${kind}${id}:${memberId}`) ?? "";
    const member = parseMember(memberId, { member: part("m"), totals: part("t"), highest: part("h") });
    if (member !== undefined) group.members.set(memberId, member);
    return member !== undefined;
  }
}

function readNumber(group: GroupParts, kind: string, text: string): boolean {
  // The kept eras: only the scripts need the list.
  if (kind === "E") return true;
  const value = parseInteger(text);
  if (kind === "D") group.doubtTo = value ?? everything;
  if (kind === "f") group.floor = value ?? everything;
  return value !== undefined;
}

/** Figures for people: where they cannot be read nothing else is in doubt. */
function readRepeats(group: GroupParts, producerId: string, text: string): boolean {
  const repeats = parseRepeats(text);
  if (repeats === undefined) return false;
  group.receipts.set(producerId, { ...(group.receipts.get(producerId) ?? emptyReceipts), repeats });
  return true;
}

function readOffsets(group: GroupParts, kind: string, eraText: string, text: string): boolean {
  const era = parseInteger(eraText);
  if (era === undefined) return false;
  const offsets = group.done.get(era) ?? noOffsets;
  if (kind === "e") {
    const epochs = parseEpochs(text);
    if (epochs !== undefined) group.done.set(era, { ...offsets, epochs });
    return epochs !== undefined;
  }
  const set = offsetSets.get(kind);
  const ranges = parseRanges(text);
  if (set === undefined || ranges === undefined) return false;
  group.done.set(era, { ...offsets, [set]: ranges });
  return true;
}

function readReceipts(group: GroupParts, kind: string, producerId: string, text: string): boolean {
  // The mark of a stream without a ledger, and what was redelivered early: only the scripts need them.
  if (kind === "u" || kind === "b") return true;
  if (kind === "o") return readRepeats(group, producerId, text);
  const receipts = group.receipts.get(producerId) ?? emptyReceipts;
  const death = deathReasons.find((reason) => deathLetters[reason] === kind);
  if (death !== undefined) return readDeaths(group, death, producerId, text);
  const number = receiptNumbers.get(kind);
  const name = number ?? receiptSets.get(kind);
  const value = number === undefined ? parseRanges(text) : parseInteger(text);
  if (name === undefined || value === undefined) {
    group.unreadable.add(producerId);
    return false;
  }
  group.receipts.set(producerId, { ...receipts, [name]: value });
  return true;
}

/** They explain what is missing: where they cannot be read it is only not explained. */
function readDeaths(group: GroupParts, reason: DeathReason, producerId: string, text: string): boolean {
  const receipts = group.receipts.get(producerId) ?? emptyReceipts;
  const sequences = parseRanges(text);
  if (sequences === undefined) return false;
  group.receipts.set(producerId, { ...receipts, deaths: { ...receipts.deaths, [reason]: sequences } });
  return true;
}

function toGroup({ unreadable, ...group }: GroupParts): GroupRecord {
  for (const producerId of unreadable) {
    const receipts = group.receipts.get(producerId) ?? emptyReceipts;
    group.receipts.set(producerId, { ...receipts, floor: everything });
  }
  return group;
}

/** `epoch:ranges;epoch:ranges`, as runs in the order of their first offsets. */
function parseEpochs(text: string): readonly EpochRun[] | undefined {
  const runs: EpochRun[] = [];
  for (const piece of text.split(";")) {
    const match = /^(-?\d{1,15}):(.+)$/.exec(piece);
    const ranges = parseRanges(match?.[2] ?? "");
    if (match === null || ranges === undefined) return undefined;
    const epoch = Number(match[1]);
    for (const [first, last] of eachRange(ranges)) runs.push({ epoch, first, last });
  }
  return runs.sort((a, b) => a.first - b.first || a.epoch - b.epoch);
}
