import type { DoubtCause } from "./finding.ts";
import type { ClientStanding } from "./judge.ts";
import { type ConsumerLook, noWatch, type QueueWatch } from "./judge-rabbitmq-memory.ts";
import type { RabbitRules } from "./judge-rabbitmq-rules.ts";
import type { QueueRecord } from "./lane-record.ts";
import type { QueueReading } from "./reading.ts";

/** A reader that nobody looked for in so long may have come and gone unseen. */
const maxUnwatchedMs = 5_000;

export interface WatchInput {
  readonly previous: QueueWatch | undefined;
  readonly record: QueueRecord | undefined;
  readonly reading: QueueReading | undefined;
  readonly clients: ReadonlyMap<string, ClientStanding>;
  /** The store lost writes, or may have. */
  readonly stateLost: boolean;
  readonly rules: RabbitRules;
}

/** One look at a queue, compared with the one before. */
export interface QueueSight {
  readonly watch: QueueWatch;
  readonly reading: QueueReading | undefined;
  /** Why something may have happened to the queue's messages that nobody will ever report; undefined = no reason. */
  readonly cause: DoubtCause | undefined;
  /** Something is not clear yet: nothing may be concluded in this pass. */
  readonly isHeld: boolean;
  /** A consumer died since the last look: what it held goes back to the queue. */
  readonly anyDied: boolean;
  /** Consumers that closed cleanly since the last look. */
  readonly closed: ReadonlySet<string>;
}

/** Compares the queue with what it was at the last pass. The first cause that applies is the one that people are told. */
export function watchQueue(input: WatchInput): QueueSight {
  const { record, reading, rules } = input;
  const previous = input.previous ?? noWatch;
  const consumers = record === undefined ? previous.consumers : lookAtConsumers(previous, record, input.clients);
  const excess = reading?.consumerCount === undefined ? 0 : Math.max(0, reading.consumerCount - countLiving(consumers));
  const watch: QueueWatch = {
    lookedAtMs: reading?.beganAtMs ?? previous.lookedAtMs,
    bound: reading?.bound,
    shape: reading?.shape ?? previous.shape,
    doubtToken: record?.doubtToken ?? previous.doubtToken,
    getCount: reading?.getCount ?? previous.getCount,
    excess,
    consumers,
  };
  const anyDied = anyTurned(previous, consumers, "dead");
  const causes: readonly (DoubtCause | undefined)[] = [
    rules.consumerEnd && anyDied ? "member-died" : undefined,
    rules.consumerEnd && isAnyOff(consumers, record, input.clients) ? "switched-off" : undefined,
    rules.storeDoubt && (input.stateLost || vanished(previous, record)) ? "state-lost" : undefined,
    rules.consumerCount ? foreignCause(previous, watch) : undefined,
    rules.getCounters && getsGrew(previous, watch) ? "foreign-member" : undefined,
    rules.bindingChange ? bindingCause(previous, watch, reading) : undefined,
    reading === undefined || reading.consumerCount === undefined ? "log-not-readable" : undefined,
    rules.takeover && watch.lookedAtMs - previous.lookedAtMs > maxUnwatchedMs ? "joined-late" : undefined,
  ];
  const cause = causes.find((each) => each !== undefined);
  const isHeld = rules.consumerCount && excess > 0;
  return { watch, reading, cause, isHeld, anyDied, closed: turnedTo(previous, consumers, "closed") };
}

/** Calls of `get` are accounted as a consumer that the broker does not count. */
function isGetter(consumerId: string): boolean {
  return consumerId.startsWith("get:");
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
      state: sign.state === "closed" ? "closed" : isUp ? sign.state : "dead",
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
    if ((look.state === "open" || look.state === "off") && !isGetter(consumerId)) count += 1;
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

/** A count that falls was reset: what came before the reset is unknown. Before the first reading it was zero. */
function getsGrew(previous: QueueWatch, watch: QueueWatch): boolean {
  return watch.getCount !== undefined && watch.getCount !== (previous.getCount ?? 0);
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
  if (previous.shape !== undefined && previous.shape !== reading.shape) return "not-provable";
  return undefined;
}
