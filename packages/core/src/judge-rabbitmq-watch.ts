import type { DoubtCause } from "./finding.ts";
import type { ClientStanding } from "./judge.ts";
import { departureOf, nextUse } from "./judge-rabbitmq-departure.ts";
import { type GetsSight, isGetter, watchGets } from "./judge-rabbitmq-gets.ts";
import { type Ending, findEnding, mayGoOn } from "./judge-rabbitmq-gone.ts";
import { type CalmLook, type ConsumerLook, noWatch, type QueueWatch } from "./judge-rabbitmq-memory.ts";
import type { QueueRecord } from "./lane-record.ts";
import type { QueueReading } from "./reading.ts";

/** A reader that nobody looked for in so long may have come and gone unseen (DESIGN section 10: there for one look). */
const maxUnwatchedMs = 2_000;

export interface WatchInput {
  readonly previous: QueueWatch | undefined;
  readonly record: QueueRecord | undefined;
  readonly reading: QueueReading | undefined;
  readonly clients: ReadonlyMap<string, ClientStanding>;
  /** The store lost writes, or may have. */
  readonly stateLost: boolean;
}

/** One look at a queue, compared with the one before. */
export interface QueueSight {
  readonly watch: QueueWatch;
  readonly reading: QueueReading | undefined;
  /** Why something may have happened to the queue's messages that nobody will ever report; undefined = no reason. */
  readonly cause: DoubtCause | undefined;
  /** Something is not clear yet: nothing may be concluded in this pass. */
  readonly isHeld: boolean;
  /** Nothing that was taken by a foreign `get` can hide behind the counts. */
  readonly areGetsSettled: boolean;
  /** A consumer died since the last look: what it held goes back to the queue. */
  readonly anyDied: boolean;
  /** Consumers that closed cleanly since the last look. */
  readonly closed: ReadonlySet<string>;
  /** What took messages away at once since the last calm look. */
  readonly ending: Ending | undefined;
  /** The store lost writes: no proof that rests on what it holds goes on. */
  readonly stateLost: boolean;
}

/** Compares the queue with what it was at the last pass. The first cause that applies is the one that people are told. */
export function watchQueue(input: WatchInput): QueueSight {
  const { record } = input;
  const previous = input.previous ?? noWatch;
  const awayAtMs = input.reading?.isAway === true ? input.reading.beganAtMs : undefined;
  const reading = awayAtMs === undefined ? input.reading : undefined;
  const consumers = record === undefined ? previous.consumers : lookAtConsumers(previous, record, input.clients);
  const excess = reading?.consumerCount === undefined ? 0 : Math.max(0, reading.consumerCount - countLiving(consumers));
  const gets = watchGets(previous.gets, { before: previous.consumers, now: consumers }, reading);
  const getsGrew = (gets.watch.counted ?? 0) > (previous.gets.counted ?? Infinity);
  const use = { reading, consumers, lookedAtMs: previous.lookedAtMs, getsGrew };
  const seen: QueueWatch = {
    lookedAtMs: reading?.beganAtMs ?? previous.lookedAtMs,
    bound: reading?.bound,
    isGone: reading?.exists === false,
    publishCount: reading?.publishCount ?? previous.publishCount,
    shape: reading?.shape ?? previous.shape,
    doubtToken: record?.doubtToken ?? previous.doubtToken,
    gets: gets.watch,
    limits: reading?.exists === true ? reading.limits : previous.limits,
    calm: previous.calm,
    use: nextUse(previous.use, use),
    departure: undefined,
    excess,
    consumers,
  };
  const anyDied = anyTurned(previous, consumers, "dead");
  const stateLost = input.stateLost || vanished(previous, record);
  const causes: readonly (DoubtCause | undefined)[] = [
    anyDied ? "member-died" : undefined,
    isAnyOff(consumers, record, input.clients) ? "switched-off" : undefined,
    stateLost ? "state-lost" : undefined,
    foreignCause(previous, seen),
    gets.change !== "none" ? "foreign-member" : undefined,
    bindingCause(previous, seen, reading),
    reading === undefined || reading.consumerCount === undefined ? "log-not-readable" : undefined,
    seen.lookedAtMs - previous.lookedAtMs > maxUnwatchedMs ? "joined-late" : undefined,
  ];
  const cause = causes.find((each) => each !== undefined);
  const isHeld = excess > 0;
  const ending = stateLost ? undefined : findEnding(previous.calm, reading);
  const calm = stateLost ? undefined : noteAway(nextCalm(seen, { reading, cause, isHeld, gets }), reading, awayAtMs);
  const areGetsSettled = gets.isSettled;
  const closed = turnedTo(previous, consumers, "closed");
  const departure = departureOf(seen, previous.departure);
  return {
    watch: { ...seen, calm, departure },
    reading,
    cause,
    isHeld,
    areGetsSettled,
    anyDied,
    closed,
    ending,
    stateLost,
  };
}

/** The look itself where nothing is in doubt, else the one before, spoiled by what may have taken messages unheard. */
function nextCalm(
  watch: QueueWatch,
  seen: Pick<QueueSight, "reading" | "cause" | "isHeld"> & { readonly gets: GetsSight },
): CalmLook | undefined {
  const { reading, cause, isHeld, gets } = seen;
  const before = watch.calm;
  const isInOrder = reading?.exists === true && reading.bound === true && cause === undefined && !isHeld;
  if (isInOrder && reading.uptimeMs !== undefined && reading.getCount !== undefined && !gets.watch.hasTaker) {
    const { beganAtMs, uptimeMs, limits } = reading;
    return { beganAtMs, uptimeMs, limits, consumers: openIn(watch), isSpoiled: false, unclearAtMs: undefined };
  }
  const mayHaveTaken = isHeld || gets.change === "grew" || (cause !== undefined && spoils.has(cause));
  if (before === undefined || !mayHaveTaken) return before;
  if (reading?.uptimeMs === undefined) return { ...before, unclearAtMs: before.unclearAtMs ?? watch.lookedAtMs };
  return { ...before, isSpoiled: true };
}

/** While its node is away nobody is given anything of a queue; the time counts as looked at. */
function noteAway(
  calm: CalmLook | undefined,
  reading: QueueReading | undefined,
  awayAtMs: number | undefined,
): CalmLook | undefined {
  if (calm === undefined) return undefined;
  if (awayAtMs !== undefined) return mayGoOn(calm, awayAtMs) ? { ...calm, awayAtMs } : calm;
  return reading?.exists === true && calm.awayAtMs !== undefined ? { ...calm, awayAtMs: undefined } : calm;
}

const spoils: ReadonlySet<DoubtCause> = new Set(["member-died", "switched-off", "foreign-member"]);

function openIn({ consumers }: QueueWatch): ReadonlySet<string> {
  return new Set([...consumers].filter(([, { state }]) => state === "open").map(([consumerId]) => consumerId));
}

function lookAtConsumers(
  previous: QueueWatch,
  record: QueueRecord,
  clients: ReadonlyMap<string, ClientStanding>,
): ReadonlyMap<string, ConsumerLook> {
  const looks = new Map<string, ConsumerLook>();
  for (const [consumerId, sign] of record.consumers) {
    const before = previous.consumers.get(consumerId);
    const standing = clients.get(sign.clientId);
    const isUp = standing === "alive" || standing === "off";
    looks.set(consumerId, {
      number: sign.number,
      deliveries: sign.deliveries,
      isQuiet: before !== undefined && isQuiet(before, sign),
      state: sign.state === "closed" ? "closed" : !isUp ? "dead" : sign.state === "off" ? "off" : "open",
      isCounted: sign.state !== "ending",
    });
  }
  return looks;
}

function isQuiet(before: ConsumerLook, now: { readonly number: number; readonly deliveries: number }): boolean {
  if (now.deliveries !== before.deliveries) return false;
  return now.number > before.number || (now.number === before.number && before.isQuiet);
}

/** Those that the broker counts if they are what they say they are. */
function countLiving(consumers: ReadonlyMap<string, ConsumerLook>): number {
  let count = 0;
  for (const [consumerId, look] of consumers)
    if ((look.state === "open" || look.state === "off") && look.isCounted && !isGetter(consumerId)) count += 1;
  return count;
}

function turnedTo(
  previous: QueueWatch,
  consumers: ReadonlyMap<string, ConsumerLook>,
  state: ConsumerLook["state"],
): ReadonlySet<string> {
  const turned = new Set<string>();
  for (const [consumerId, look] of consumers)
    if (look.state === state && previous.consumers.get(consumerId)?.state !== state) turned.add(consumerId);
  return turned;
}

function anyTurned(
  previous: QueueWatch,
  consumers: ReadonlyMap<string, ConsumerLook>,
  state: ConsumerLook["state"],
): boolean {
  return turnedTo(previous, consumers, state).size > 0;
}

function isAnyOff(
  consumers: ReadonlyMap<string, ConsumerLook>,
  record: QueueRecord | undefined,
  clients: ReadonlyMap<string, ClientStanding>,
): boolean {
  for (const [consumerId, look] of consumers) {
    if (look.state === "off") return true;
    const clientId = record?.consumers.get(consumerId)?.clientId;
    if (look.state === "open" && clientId !== undefined && clients.get(clientId) === "off") return true;
  }
  return false;
}

/** A living consumer is no longer in the record, or its number fell: the store lost what was written. */
function vanished(previous: QueueWatch, record: QueueRecord | undefined): boolean {
  if (record === undefined) return false;
  for (const [consumerId, before] of previous.consumers) {
    const now = record.consumers.get(consumerId);
    const isLiving = before.state === "open" || before.state === "off";
    if (now === undefined ? isLiving : now.number < before.number) return true;
  }
  return false;
}

/**
 * The broker counted more consumers at the last look than were registered, and no so many new ones have registered
 * since. Counted too many twice running, nothing explains it.
 */
function foreignCause(previous: QueueWatch, watch: QueueWatch): DoubtCause | undefined {
  if (previous.excess === 0) return undefined;
  let registered = 0;
  for (const consumerId of watch.consumers.keys()) if (!previous.consumers.has(consumerId)) registered += 1;
  if (watch.excess === 0 && registered >= previous.excess) return undefined;
  for (const look of watch.consumers.values()) if (look.state === "dead") return "member-died";
  return "foreign-member";
}

function bindingCause(
  previous: QueueWatch,
  watch: QueueWatch,
  reading: QueueReading | undefined,
): DoubtCause | undefined {
  if (previous.doubtToken !== undefined && previous.doubtToken !== watch.doubtToken) return "not-provable";
  if (reading === undefined) return undefined;
  if (reading.bound === undefined) return "log-not-readable";
  if (!reading.exists || !reading.bound || !reading.provable) return "not-provable";
  // It was deleted and declared anew, or its broker started again: what was sent in between went elsewhere.
  if ((watch.publishCount ?? 0) < (previous.publishCount ?? 0)) return "not-provable";
  if (previous.shape !== undefined && previous.shape !== reading.shape) return "not-provable";
  return undefined;
}
