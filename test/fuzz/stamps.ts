import { inspect } from "node:util";
import {
  auditLane,
  createMemoryStore,
  defaultPolicy,
  type Finding,
  firstAudit,
  formatStamp,
  type Lane,
  LaneTestimony,
  laneHashOf,
  parseStamp,
  StampReader,
} from "@seqwatch/core";
import type { Random } from "../../packages/testkit/src/sim/rabbitmq/random.ts";
import { hostileText, mutated, wrongValue } from "./hostile.ts";

const lane: Lane = { system: "kafka", cluster: "fuzz", destination: "orders", partition: "0" };
const laneHash = laneHashOf(lane);
const known = Array.from({ length: 100 }, (_, at) => `known-${at}`.padEnd(11, "x"));
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** Messages of one audited chunk. */
const chunkSize = 20_000;
/** One of so many chunks goes on through testimony, store and judge; all go through the reader. */
const auditedShare = 0.05;

/** Reads so many header values; returns what went wrong, in words that name the value. */
export async function fuzzStamps(runs: number, random: Random): Promise<readonly string[]> {
  const reader = new StampReader();
  const wrong: string[] = [];
  for (let from = 0; from < runs && wrong.length < maxTold; from += chunkSize) {
    const values = Array.from({ length: Math.min(chunkSize, runs - from) }, () => headerValue(random));
    for (const value of values) {
      const said = complaint(reader, value);
      if (said !== undefined) wrong.push(said);
    }
    if (random.chance(auditedShare) || from === 0) wrong.push(...(await alarmsOf(values)));
  }
  return wrong.slice(0, maxTold);
}

const maxTold = 20;

/** The strict parser is the oracle: the quick reader has to say the same of everything. */
function complaint(reader: StampReader, value: unknown): string | undefined {
  try {
    const sequence = reader.read(value);
    const parsed = parseStamp(value);
    if (sequence === (parsed?.sequence ?? 0) && Number.isSafeInteger(sequence) && sequence >= 0) {
      if (parsed === undefined) return undefined;
      if (reader.producerId === parsed.producerId && reader.laneHash === parsed.laneHash) return undefined;
    }
    return `${shown(value)} was read as ${sequence}, and parsed as ${parsed?.sequence}`;
  } catch (error) {
    return `${shown(value)} threw ${String(error)}`;
  }
}

/** What nobody but a forger said: the judge must conclude nothing from it that alarms anybody. */
async function alarmsOf(values: readonly unknown[]): Promise<readonly string[]> {
  const testimony = new LaneTestimony(lane, "billing", "client");
  const reader = new StampReader();
  testimony.enter(values.length, false);
  const batch = testimony.openBatch({ first: 0, last: values.length - 1, visibleCount: values.length });
  for (const [offset, value] of values.entries()) {
    const sequence = reader.read(value);
    const isForeign = sequence > 0 && reader.laneHash !== laneHash;
    batch.processed(offset, 0, sequence === 0 ? undefined : reader.producerId, sequence, isForeign);
  }
  batch.close();
  const store = createMemoryStore();
  const findings: Finding[] = [];
  let audit = firstAudit;
  let nonce = "";
  for (let number = 1; number <= 3; number += 1) {
    const report = testimony.nextReport({ number, nonce: `n${number}`, buildsOn: nonce });
    nonce = report.nonce;
    testimony.accept(await store.reportTestimony(lane, report));
    const nowMs = number * 60_000;
    const rest = {
      clients: new Map(),
      instances: new Map(),
      storeDoubted: false,
      storeLife: undefined,
      policy: defaultPolicy,
    } as const;
    const times = { nowMs: () => nowMs, wallMs: () => nowMs };
    const result = await auditLane({ store, reader: undefined, lane, audit, ...rest, ...times });
    audit = result.audit;
    findings.push(...result.changed);
    if (result.failure !== undefined) return [`the audit failed: ${inspect(result.failure)}`];
  }
  return findings
    .filter(({ state }) => ["suspected", "confirmed", "not-sent"].includes(state))
    .map(({ id, state }) => `${id} is ${state}`);
}

function headerValue(random: Random): unknown {
  const kind = random.next();
  if (kind < 0.25) return bytesOrText(validStamp(random, known[random.integer(0, 99)] ?? ""), random);
  if (kind < 0.5) return bytesOrText(mutated(validStamp(random, known[0] ?? ""), random), random);
  if (kind < 0.65) return bytesOrText(validStamp(random, foreignId(random)), random);
  if (kind < 0.8) return randomBytes(random);
  if (kind < 0.9) return bytesOrText(hugeSequence(random), random);
  return random.chance(0.5) ? hostileText(random) : wrongValue(random);
}

function validStamp(random: Random, producerId: string): string {
  const hash = random.chance(0.7) ? laneHash : foreignId(random).slice(0, laneHash.length);
  return formatStamp({
    producerId,
    laneHash: hash,
    sequence: random.integer(1, random.chance(0.9) ? 1e6 : 2 ** 53 - 1),
  });
}

function foreignId(random: Random): string {
  // The last character of 64 bits carries four of them alone.
  const head = Array.from({ length: 10 }, () => alphabet.charAt(random.integer(0, 63))).join("");
  return head + alphabet.charAt(4 * random.integer(0, 15));
}

function hugeSequence(random: Random): string {
  const valid = validStamp(random, known[1] ?? "");
  const digits = Array.from({ length: random.integer(1, 24) }, () => random.integer(0, 9)).join("");
  return valid.replace(/\d+$/, digits);
}

function randomBytes(random: Random): Uint8Array {
  return Uint8Array.from({ length: random.integer(0, 80) }, () => random.integer(0, 255));
}

function bytesOrText(text: string, random: Random): unknown {
  return random.chance(0.5) ? text : Buffer.from(text, "latin1");
}

function shown(value: unknown): string {
  return typeof value === "symbol" || typeof value === "bigint"
    ? String(value)
    : (JSON.stringify(value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value) ?? "undefined");
}
