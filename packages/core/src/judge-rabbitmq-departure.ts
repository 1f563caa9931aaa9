import { isGetter } from "./judge-rabbitmq-gets.ts";
import type { ConsumerLook, Departure, QueueUse, QueueWatch } from "./judge-rabbitmq-memory.ts";
import type { QueueLimits, QueueReading } from "./reading.ts";

/** What one look tells of who uses a queue. */
interface UseSight {
  readonly reading: QueueReading | undefined;
  readonly consumers: ReadonlyMap<string, ConsumerLook>;
  readonly lookedAtMs: number;
  readonly getsGrew: boolean;
}

/** Takes note of who uses the queue, and of how long nobody has, as far as the auditor itself was looking. */
export function nextUse(previous: QueueUse, seen: UseSight): QueueUse {
  const { reading } = seen;
  if (reading === undefined) return previous;
  const { beganAtMs } = reading;
  if (!reading.exists) return { ...previous, goneAtMs: previous.goneAtMs ?? beganAtMs };
  const registered = usersIn(seen.consumers);
  // The record may be younger than the count: who has left it since was counted still.
  const users = registered.size > 0 ? registered : previous.users;
  const count = countOf(reading, registered);
  if (seen.getsGrew || (count !== undefined && count > 0)) {
    const hasForeign =
      reading.consumerCount === undefined || reading.consumerCount > Math.max(users.size, previous.users.size);
    // What statistics list may be over by now, and what they count may have been before.
    const lagMs = reading.consumerCount === undefined || seen.getsGrew ? reading.statisticsLagMs : 0;
    return { users, hasForeign, lastUsedAtMs: beganAtMs - lagMs, unusedSinceMs: undefined, goneAtMs: undefined };
  }
  const isWatched = beganAtMs - seen.lookedAtMs <= maxUnwatchedMs;
  const unusedSinceMs = isWatched ? (previous.unusedSinceMs ?? beganAtMs) : beganAtMs;
  return {
    users: previous.unusedSinceMs === undefined ? users : registered,
    hasForeign: count === undefined,
    lastUsedAtMs: previous.lastUsedAtMs,
    unusedSinceMs: count === undefined ? undefined : unusedSinceMs,
    goneAtMs: undefined,
  };
}

/**
 * Whether a queue that is gone went by itself, as it was declared to, or was taken away. undefined = it is there.
 * Nobody but its owner can delete an exclusive one; an auto-delete one goes with its last consumer, and at no other time;
 * one with an expiry goes when it was unused for that long, and no earlier.
 */
export function departureOf(watch: QueueWatch, previous: Departure | undefined): Departure | undefined {
  if (!watch.isGone) return undefined;
  if (previous === "by-itself" || watch.limits === undefined) return previous ?? "taken";
  const { goesWith } = watch.limits;
  if (goesWith === "connection") return "by-itself";
  const departures = [
    goesWith === "last-consumer" ? departureOfUnused(watch) : "taken",
    departureOfExpired(watch.use, watch.limits),
  ];
  return departures.find((each) => each === "by-itself") ?? departures.find((each) => each === "unclear") ?? "taken";
}

function departureOfUnused({ use: { users, hasForeign }, consumers }: QueueWatch): Departure {
  if (hasForeign) return "unclear";
  if (users.size === 0) return "taken";
  return [...users].every((consumerId) => hasEnded(consumers.get(consumerId))) ? "by-itself" : "unclear";
}

function departureOfExpired({ goneAtMs, lastUsedAtMs, unusedSinceMs }: QueueUse, limits: QueueLimits): Departure {
  if (limits.expiresAfterMs === undefined) return "taken";
  if (goneAtMs === undefined) return "unclear";
  if (lastUsedAtMs !== undefined && goneAtMs - lastUsedAtMs < limits.expiresAfterMs) return "taken";
  if (unusedSinceMs === undefined) return "unclear";
  return goneAtMs - (lastUsedAtMs ?? unusedSinceMs) >= limits.expiresAfterMs ? "by-itself" : "unclear";
}

/** Statistics do not list those that have just come. */
function countOf(
  { consumerCount, listedConsumerCount }: QueueReading,
  registered: ReadonlySet<string>,
): number | undefined {
  if (consumerCount !== undefined || listedConsumerCount === undefined) return consumerCount;
  return Math.max(listedConsumerCount, registered.size);
}

function hasEnded(look: ConsumerLook | undefined): boolean {
  return look !== undefined && (look.state === "closed" || look.state === "dead" || !look.isCounted);
}

function usersIn(consumers: ReadonlyMap<string, ConsumerLook>): ReadonlySet<string> {
  const users = [...consumers].filter(([consumerId, look]) => {
    const isLiving = look.state === "open" || look.state === "off";
    return isLiving && look.isCounted && !isGetter(consumerId);
  });
  return new Set(users.map(([consumerId]) => consumerId));
}

/** Without a look for so long, somebody may have used it unseen. */
const maxUnwatchedMs = 5_000;
