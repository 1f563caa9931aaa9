import { isDeepStrictEqual } from "node:util";
import { auditLane, defaultPolicy, firstAudit, type Lane, type Store } from "@seqwatch/core";
import { type RedisClient, redisStore, StoreError } from "@seqwatch/store-redis";
import type { Random } from "../../packages/testkit/src/sim/rabbitmq/random.ts";
import { kafkaLane, ledger, rabbitLane } from "../../packages/testkit/src/store/samples.ts";
import { hostileText, mutated, wrongValue } from "./hostile.ts";
import samples from "./sample-replies.json" with { type: "json" };

/** What a store does with a reply, and the sound replies that it may get. */
interface Reading {
  readonly read: (store: Store) => Promise<unknown>;
  readonly replies: readonly unknown[];
}

const answers = [["stored", "0", "1-5", "7"], ["partly-known", "1-3,5"], ["send-all", "2"], ["clone"]];

const readings: readonly Reading[] = [
  { read: (store) => store.readLane(kafkaLane), replies: [samples["seqwatch:{kafka/main/orders/0}"]] },
  { read: (store) => store.readLane(rabbitLane), replies: [samples["seqwatch:{rabbitmq/main/orders/new}"]] },
  { read: (store) => store.readQueue("main", "billing"), replies: [samples["seqwatch:{queue/main/billing}"]] },
  { read: (store) => store.readFindings(), replies: [samples["seqwatch:{findings}"]] },
  { read: (store) => store.readSwitch(), replies: [samples["seqwatch:switch"]] },
  { read: (store) => store.readClients(), replies: [["client-orders"], samples["seqwatch:client:client-orders"]] },
  { read: (store) => store.readVersions(), replies: [["kafka/main/orders/0"], "4"] },
  { read: (store) => store.readLife(), replies: ["# Server\r\nrun_id:abc\r\nredis_version:8.0.0\r\nrole:master\r\n"] },
  { read: (store) => store.readWarnings(), replies: ["# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n"] },
  { read: (store) => store.reportLedger(kafkaLane, ledger()), replies: answers },
  {
    read: (store) => store.lease({ auditorId: "a", number: 1, keep: [], most: 4, dead: [] }),
    replies: [["1", "2", "3", "4", "other", "9"]],
  },
  { read: (store) => store.saveFindings([]), replies: [["finding-1"]] },
];

/** One lane in so many is judged, too. */
const judgedShare = 0.002;
/** A store remembers damaged lanes and the like: now and then a new one begins. */
const callsPerStore = 5_000;
const maxTold = 20;

/** Gives a store so many replies that no Redis of ours would give; returns what went wrong. */
export async function fuzzReplies(runs: number, random: Random): Promise<readonly string[]> {
  const wrong = await complaintsAboutSound();
  let replied = 0;
  while (replied < runs && wrong.length < maxTold) {
    let sound: readonly unknown[] = [];
    let count = 0;
    const call = async (): Promise<unknown> => {
      count += 1;
      const reply = broken(sound[(count - 1) % sound.length], random);
      if (reply instanceof Error) throw reply;
      return reply;
    };
    const store = redisStore({ client: clientOf(call), commandTimeoutMs: 60_000 });
    for (let round = 0; round < callsPerStore && replied < runs; round += 1) {
      const reading = readings[random.integer(0, readings.length - 1)];
      if (reading === undefined) continue;
      ({ replies: sound } = reading);
      count = 0;
      const said = await complaint(() => reading.read(store));
      if (said !== undefined) wrong.push(said);
      if (random.chance(judgedShare)) wrong.push(...(await judged(store, random.chance(0.5) ? kafkaLane : rabbitLane)));
      replied += Math.max(1, count);
    }
    await store.close();
  }
  return wrong.slice(0, maxTold);
}

/** The samples have to be what the store writes today: it reads them without a complaint, and nothing of them is empty. */
async function complaintsAboutSound(): Promise<string[]> {
  const wrong: string[] = [];
  for (const { read, replies } of readings.slice(0, 6)) {
    let at = 0;
    const client = clientOf(async () => replies[at++ % replies.length]);
    const store = redisStore({ client });
    const nothing = redisStore({ client: clientOf(async () => []) });
    if (isDeepStrictEqual(await read(store), await read(nothing)))
      wrong.push(`a sample reads as nothing: ${String(read)}`);
    const warnings = await redisStoreWarnings(store);
    wrong.push(...warnings);
  }
  return wrong;
}

async function redisStoreWarnings(store: Store): Promise<readonly string[]> {
  return (await store.readWarnings()).filter((warning) => warning.includes("could not be read"));
}

async function complaint(read: () => Promise<unknown>): Promise<string | undefined> {
  try {
    return unsound(await read(), "reply", 0);
  } catch (error) {
    if (!(error instanceof StoreError)) return `threw ${describe(error)}`;
    return error.message.length <= maxMessageLength ? undefined : `an error of ${error.message.length} characters`;
  }
}

const maxMessageLength = 2_000;

/** No number that is none may get past the reading: sets and sums would be made of it. */
function unsound(value: unknown, name: string, depth: number): string | undefined {
  if (depth > 12) return "something very deep came out";
  // Nothing was folded above it: the one number that may be without end.
  const isEndless = value === Number.POSITIVE_INFINITY && name === "ceiling";
  if (typeof value === "number" && !isEndless && !(Math.abs(value) <= Number.MAX_SAFE_INTEGER))
    return `${name} came out as ${value}`;
  if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return undefined;
  const parts = value instanceof Map ? [...value] : Object.entries(value);
  for (const [key, part] of parts) {
    const said = unsound(part, typeof key === "string" ? key : name, depth + 1);
    if (said !== undefined) return said;
  }
  return undefined;
}

/** Whatever was read, the judge goes through with it. */
async function judged(store: Store, lane: Lane): Promise<readonly string[]> {
  const rest = {
    clients: new Map(),
    instances: new Map(),
    storeDoubted: false,
    storeLife: undefined,
    policy: defaultPolicy,
  } as const;
  const times = { nowMs: () => 1_000_000, wallMs: () => 1_000_000 };
  try {
    const { failure } = await auditLane({ store, reader: undefined, lane, audit: firstAudit, ...rest, ...times });
    return failure === undefined || failure instanceof StoreError ? [] : [`the audit failed: ${describe(failure)}`];
  } catch (error) {
    return error instanceof StoreError ? [] : [`the audit threw ${describe(error)}`];
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : typeof error;
}

function broken(sound: unknown, random: Random): unknown {
  const kind = random.next();
  if (kind < 0.05) return wrongValue(random);
  if (kind < 0.07) return new Error(hostileText(random));
  if (typeof sound === "string") return mutated(sound, random);
  if (!Array.isArray(sound)) return sound;
  const texts: unknown[] = [...sound];
  for (let times = random.integer(1, 3); times > 0; times -= 1) {
    const at = random.integer(0, texts.length - 1);
    const text: unknown = texts[at];
    const change = random.next();
    if (change < 0.1) texts.splice(at);
    else if (change < 0.2) texts[at] = wrongValue(random);
    else if (change < 0.25) texts.splice(at, 0, hostileText(random));
    else if (typeof text === "string") texts[at] = mutated(text, random);
  }
  return texts;
}

function clientOf(call: RedisClient["call"]): RedisClient {
  const subscriber = { subscribe: async () => 1, on: () => {}, disconnect: () => {} };
  return { status: "ready", call, duplicate: () => subscriber };
}
