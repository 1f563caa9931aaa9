import type { LaneKey } from "./lane.ts";

/**
 * Several auditors share the lanes by slots. They are few enough to be named one by one, and enough to be shared
 * evenly. The number is part of what is stored: auditors that count differently would not see each other's lanes.
 */
export const leaseSlotCount = 128;

/** One auditor's sign of life, and what it wants to look after. */
export interface LeaseWish {
  readonly auditorId: string;
  /** Rises with each wish. Others take one whose number stands still for dead: no clock is compared with another. */
  readonly number: number;
  /** Slots that it holds and wants to keep. Whatever else is written down as its own becomes free. */
  readonly keep: readonly number[];
  /** Free slots are taken until it holds so many. 0 = it leaves. */
  readonly most: number;
  /** Whose number stood still for too long: they lose their slots, unless the number has risen since. */
  readonly dead: readonly { readonly auditorId: string; readonly number: number }[];
}

/** What the store says to a wish. */
export interface LeaseAnswer {
  /** Its own slots, ascending. */
  readonly slots: readonly number[];
  /** The numbers of all auditors by id, its own among them. */
  readonly auditors: ReadonlyMap<string, number>;
  /** Rises with each write of findings, whoever wrote. */
  readonly savedCount: number;
}

/** What one auditor knows of its share and of the others. */
export interface LeaseWatch {
  readonly number: number;
  readonly slots: readonly number[];
  readonly savedCount: number;
  /** Time during which the store answered, as the auditor's own monotonic clock counts it. */
  readonly reachableMs: number;
  /** When the store last answered; undefined = it did not answer the last time. */
  readonly answeredAtMs: number | undefined;
  /** The others: their number, and the reachable time at which it was seen to rise. */
  readonly others: ReadonlyMap<string, { readonly number: number; readonly sinceMs: number }>;
}

export const noLeases: LeaseWatch = {
  number: 0,
  slots: [],
  savedCount: 0,
  reachableMs: 0,
  answeredAtMs: undefined,
  others: new Map(),
};

/** The slot of a lane: FNV-1a with 32 bits over its key, which is ASCII. */
export function leaseSlotOf(key: LaneKey): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % leaseSlotCount;
}

/** What to ask for next: an even share among those who live. Who has more gives the rest away at once. */
export function nextWish(watch: LeaseWatch, auditorId: string, leaseMs: number): LeaseWish {
  const others = [...watch.others];
  const dead = others.filter(([, { sinceMs }]) => watch.reachableMs - sinceMs >= leaseMs);
  const most = Math.ceil(leaseSlotCount / (others.length - dead.length + 1));
  return {
    auditorId,
    number: watch.number + 1,
    keep: watch.slots.slice(0, most),
    most,
    dead: dead.map(([id, { number }]) => ({ auditorId: id, number })),
  };
}

/** Takes the store's answer to a wish into account. */
export function noteAnswer(watch: LeaseWatch, wish: LeaseWish, answer: LeaseAnswer, nowMs: number): LeaseWatch {
  const reachableMs = watch.reachableMs + (watch.answeredAtMs === undefined ? 0 : nowMs - watch.answeredAtMs);
  const others = new Map<string, { readonly number: number; readonly sinceMs: number }>();
  for (const [id, number] of answer.auditors) {
    if (id === wish.auditorId) continue;
    const before = watch.others.get(id);
    others.set(id, before?.number === number ? before : { number, sinceMs: reachableMs });
  }
  const { slots, savedCount } = answer;
  return { number: wish.number, slots, savedCount, reachableMs, answeredAtMs: nowMs, others };
}

/** The store did not answer: that time counts against nobody. The number was perhaps written, so it is used up. */
export function noteSilence(watch: LeaseWatch): LeaseWatch {
  return { ...watch, number: watch.number + 1, answeredAtMs: undefined };
}
