import {
  type Answer,
  type ClientSign,
  type Finding,
  parseRanges,
  type QueueRecord,
  type RangeSet,
  type SwitchRule,
  type SwitchState,
} from "@seqwatch/core";
import { decodePart } from "./keys.ts";
import { parseJson } from "./ledger-text.ts";
import { parseConsumerState } from "./member-text.ts";
import { parseInteger } from "./numbers.ts";
import { StoreError } from "./store-error.ts";

/** A report's answer from a script's reply. */
export function toAnswer(reply: unknown): Answer {
  const [kind = "", second, asked, settledTo] = toTexts(reply);
  switch (kind) {
    case "stored":
      return {
        kind,
        era: parseInteger(second) ?? 0,
        asked: parseRanges(asked ?? "") ?? [],
        settledTo: parseInteger(settledTo) ?? 0,
      };
    case "partly-known":
      return { kind, known: parseRanges(second ?? "") ?? [] };
    case "send-all":
      return { kind, era: parseInteger(second) ?? 0 };
    case "clone":
      return { kind };
    default:
      throw new StoreError(
        "STORE_COMMAND_FAILED",
        `Redis answered a report with ${shortened(kind)}, which is no answer.`,
      );
  }
}

/** The sequences that a confirmation added, one text a confirmation. */
export function toRangeSets(reply: unknown): readonly RangeSet[] {
  return toTexts(reply).map((text) => parseRanges(text) ?? []);
}

/** A list of texts; anything else in it is an empty text. */
export function toTexts(reply: unknown): readonly string[] {
  return Array.isArray(reply) ? reply.map((part: unknown) => (typeof part === "string" ? part : "")) : [];
}

/** The fields of a hash, in whichever shape the client and its protocol bring them. */
export function toFields(reply: unknown): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  if (Array.isArray(reply)) {
    const texts = toTexts(reply);
    for (let i = 0; i + 1 < texts.length; i += 2) fields.set(texts[i] ?? "", texts[i + 1] ?? "");
    return fields;
  }
  const pairs: Iterable<[unknown, unknown]> =
    reply instanceof Map ? reply : typeof reply === "object" && reply !== null ? Object.entries(reply) : [];
  for (const [field, text] of pairs) {
    if (typeof field === "string" && typeof text === "string") fields.set(field, text);
  }
  return fields;
}

/** A queue's record from its hash. */
export function toQueue(fields: ReadonlyMap<string, string>): QueueRecord {
  const consumers = new Map<string, NonNullable<ReturnType<QueueRecord["consumers"]["get"]>>>();
  for (const [field, text] of fields) {
    if (!field.startsWith("c")) continue;
    const [numberText, , letter, deliveriesText, client] = text.split(";");
    const number = parseInteger(numberText);
    const deliveries = parseInteger(deliveriesText);
    const state = parseConsumerState(letter);
    const clientId = decodePart(client ?? "");
    if (number === undefined || deliveries === undefined || state === undefined || clientId === undefined) continue;
    consumers.set(field.slice(1), { clientId, number, deliveries, state });
  }
  return { consumers, doubtToken: fields.get("token") ?? "" };
}

/** The text of a put-newer.lua key without its number. */
export function toNewestText(reply: unknown): string | undefined {
  const blank = typeof reply === "string" ? reply.indexOf(" ") : -1;
  return blank < 0 || typeof reply !== "string" ? undefined : reply.slice(blank + 1);
}

export function toClientSign(text: string): ClientSign | undefined {
  const sign = toObject(parseJson(text));
  const isSign =
    ["clientId", "service", "instance", "version", "system"].every((name) => typeof sign[name] === "string") &&
    ["number", "pid", "reportErrorCount", "droppedReportCount"].every((name) => isCount(sign[name])) &&
    ["open", "off", "closed"].includes(String(sign["state"])) &&
    isListOf(sign["roles"], (role) => typeof role === "string") &&
    (sign["unstampedCount"] === undefined || isCount(sign["unstampedCount"])) &&
    ["undefined", "string"].includes(typeof sign["offByItself"]);
  // Each property was looked at just above.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return isSign ? (sign as unknown as ClientSign) : undefined;
}

export function toFinding(text: string): Finding | undefined {
  const finding = toObject(parseJson(text));
  const isFinding =
    hasTexts(finding, ["id", "producerId", "state", "verdict", "decidedBy"]) &&
    hasTexts(toObject(finding["lane"]), ["system", "cluster", "destination", "partition"]) &&
    hasOptionalTexts(finding, ["group", "cause"]) &&
    [finding["openedAtMs"], finding["changedAtMs"]].every(isTime) &&
    isListOf(finding["references"], isText) &&
    isOptional(finding["facts"], (facts) => isListOf(facts, isText)) &&
    isOptional(finding["messages"], (list) => isListOf(list, isReference)) &&
    isOptional(finding["producer"], isInstance) &&
    isOptional(finding["consumers"], (list) => isListOf(list, isInstance)) &&
    isOptional(finding["offsets"], isOffsets) &&
    isListOf(finding["neighbours"], isNeighbour) &&
    isListOf(finding["history"], isStep) &&
    Object.values(toObject(finding["sequences"])).every(isRangeSet);
  // What is shown and compared was looked at; JSON has no undefined, so absent properties are put back.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return isFinding ? ({ ...absentInJson, ...finding } as unknown as Finding) : undefined;
}

function isReference(value: unknown): boolean {
  const { sequence, text } = toObject(value);
  return isCount(sequence) && isText(text);
}

function isInstance(value: unknown): boolean {
  const instance = toObject(value);
  return (
    hasTexts(instance, ["clientId", "service"]) &&
    hasOptionalTexts(instance, ["instance"]) &&
    isOptional(instance["pid"], isCount)
  );
}

function isOffsets(value: unknown): boolean {
  const { low, high } = toObject(value);
  return isNumber(low) && isNumber(high);
}

function isNeighbour(value: unknown): boolean {
  const neighbour = toObject(value);
  return (
    isCount(neighbour["sequence"]) &&
    isOptional(neighbour["offset"], isNumber) &&
    isOptional(neighbour["timestampMs"], isTime) &&
    hasOptionalTexts(neighbour, ["traceparent"])
  );
}

function isStep(value: unknown): boolean {
  const { state, atMs, provenForMs } = toObject(value);
  return isText(state) && isTime(atMs) && isOptional(provenForMs, isNumber);
}

/** Ranges as pairs: whole numbers, ascending. */
function isRangeSet(value: unknown): boolean {
  if (!isListOf(value, isCount) || value.length % 2 !== 0) return false;
  return value.every((number, at) => at === 0 || number >= (value[at - 1] ?? 0));
}

const absentInJson = { group: undefined, cause: undefined, offsets: undefined, producer: undefined };

export function toSwitch(text: string): SwitchState | undefined {
  const { version, rules } = toObject(parseJson(text));
  if (!isCount(version) || !isListOf(rules, isRule)) return undefined;
  // JSON has no undefined: a rule without an end comes without the property.
  return { version, rules: rules.map((rule) => ({ ...rule, untilMs: rule.untilMs })) };
}

function isRule(value: unknown): value is SwitchRule {
  const { scope, recording, untilMs, reason, who } = toObject(value);
  const { kind, service, clientId, destination } = toObject(scope);
  const named = { global: "", service, instance: clientId, destination };
  return (
    Object.entries(named).some(([name, text]) => name === kind && typeof text === "string") &&
    typeof recording === "boolean" &&
    isOptional(untilMs, isTime) &&
    typeof reason === "string" &&
    typeof who === "string"
  );
}

function hasTexts(object: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return names.every((name) => typeof object[name] === "string");
}

function hasOptionalTexts(object: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return names.every((name) => isOptional(object[name], isText));
}

function isOptional(value: unknown, isIt: (value: unknown) => boolean): boolean {
  return value === undefined || isIt(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

/** JSON may hold 1e999: a version without end would never be overtaken. */
function isNumber(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

/** What a Date can hold: beyond it nobody could show it. */
function isTime(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) <= 8.64e15;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** What somebody else's server says may be of any length. */
function shortened(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is readonly T[];
function isListOf(value: unknown, isItem: (item: unknown) => boolean): value is readonly unknown[];
function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function toObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
