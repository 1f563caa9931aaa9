import { type DeathReason, type Deaths, deadOf, deathReasons, mergeDeaths } from "./deaths.ts";
import type { DeliveryReport, StreamDeliveries } from "./delivery-report.ts";
import type { Lane } from "./lane.ts";
import { maxRanges } from "./ledger-report.ts";
import { addRange, contains, foldOldest, isEmpty, type RangeSet, union } from "./range-set.ts";
import type { Answer } from "./store.ts";
import type { ReceiptTotals } from "./testimony-report.ts";

/** What only the edge knows when deliveries are reported. */
export interface DeliveryHeading {
  readonly number: number;
  readonly nonce: string;
  readonly buildsOn: string;
}

/**
 * What one RabbitMQ consumer knows of one lane for its queue: what came, and what became of it. `report` hands out what
 * is new since the last one; what was handed out stays held, so that "send-all" can bring it once more.
 *
 * Where something had to be forgotten before the store had it, or the store forgot, `takeDoubt` says so: the edge marks
 * the queue as doubted before it signs the consumer again, and nothing is concluded from the hole.
 *
 * A class because it changes with every message, on the user's hot path.
 */
export class LaneDeliveries {
  readonly lane: Lane;
  readonly queue: string;
  /** Both change after a sign of a clone. */
  consumerId: string;
  clientId: string;
  readonly totals: { -readonly [K in keyof ReceiptTotals]: ReceiptTotals[K] } = {
    received: 0,
    processed: 0,
    redelivered: 0,
    unstamped: 0,
    forwarded: 0,
    skipped: 0,
  };
  /** Deliveries of this account that wait to be settled; kept by `Unsettled`. */
  unsettledCount = 0;
  readonly #streams = new Map<string, Stream>();
  #latest: Stream | undefined;
  #state: DeliveryReport["state"] = "open";
  #bookedCount = 0;
  #reportedCount = 0;
  #storedCount = 0;
  #mustSendAll = false;
  #isDoubted = false;
  /** Counts reports: the age of a stream is the report that it was last heard of in. */
  #round = 0;

  constructor(lane: Lane, queue: string, ids: { readonly consumerId: string; readonly clientId: string }) {
    this.lane = lane;
    this.queue = queue;
    this.consumerId = ids.consumerId;
    this.clientId = ids.clientId;
  }

  /** A stamped message of this lane was delivered; `isFresh` unless anything shows that it was delivered before. */
  received(producerId: string, sequence: number, isFresh: boolean): void {
    this.#bookedCount += 1;
    this.totals.received += 1;
    if (!isFresh) this.totals.redelivered += 1;
    const stream = this.#streamOf(producerId);
    if (stream === undefined) return;
    if (!isFresh) {
      this.#add(stream.again, sequence);
      return;
    }
    if (sequence <= (stream.fresh.at(-1) ?? 0) && contains(stream.fresh, sequence)) this.#add(stream.twice, sequence);
    this.#add(stream.fresh, sequence);
    if (sequence > stream.highest) stream.highest = sequence;
  }

  /** Acked; or with noAck, the handler returned. */
  processed(producerId: string, sequence: number): void {
    this.#bookedCount += 1;
    this.totals.processed += 1;
    const stream = this.#streamOf(producerId);
    if (stream !== undefined) this.#add(stream.processed, sequence);
  }

  /** nack or reject without requeue. */
  rejected(producerId: string, sequence: number): void {
    this.#bookedCount += 1;
    const stream = this.#streamOf(producerId);
    if (stream !== undefined) this.#add(stream.rejected, sequence);
  }

  /** Its handler was left out: it had been processed before. */
  skipped(): void {
    this.#bookedCount += 1;
    this.totals.skipped += 1;
  }

  /** Whether the store forgot, or another process wrote under the same id: what is remembered may be wrong. */
  get isDoubted(): boolean {
    return this.#isDoubted || this.#mustSendAll;
  }

  /** A copy of it was met behind the dead-letter exchange of the account's queue. */
  died(producerId: string, sequence: number, reason: DeathReason): void {
    this.#bookedCount += 1;
    const stream = this.#streamOf(producerId);
    if (stream !== undefined) this.#add((stream.deaths[reason] ??= []), sequence);
  }

  unstamped(): void {
    this.#bookedCount += 1;
    this.totals.unstamped += 1;
  }

  /** A stamp of another lane: a copy that somebody forwarded. */
  forwarded(): void {
    this.#bookedCount += 1;
    this.totals.forwarded += 1;
  }

  get state(): DeliveryReport["state"] {
    return this.#state;
  }

  set state(state: DeliveryReport["state"]) {
    if (state === this.#state) return;
    this.#state = state;
    this.#bookedCount += 1;
  }

  /** Asks the store whether it still holds what it was given: the next report may be empty. */
  probe(): void {
    this.#bookedCount += 1;
  }

  /** Counts what was booked here, and how much of that a stored report holds. */
  get bookedCount(): number {
    return this.#bookedCount;
  }

  get storedCount(): number {
    return this.#storedCount;
  }

  get hasNews(): boolean {
    return this.#storedCount < this.#bookedCount;
  }

  /** Whether something was forgotten since the last call. The mark must be in the store before the next sign. */
  takeDoubt(): boolean {
    const isDoubted = this.#isDoubted;
    this.#isDoubted = false;
    return isDoubted;
  }

  /** The next report; the edge sends it until it is answered, and asks for no other before. */
  report(heading: DeliveryHeading): DeliveryReport {
    const whole = this.#mustSendAll;
    this.#reportedCount = this.#bookedCount;
    this.#round += 1;
    const streams: StreamDeliveries[] = [];
    for (const stream of this.#streams.values()) {
      const news = takeNews(stream);
      if (whole) streams.push(wholeOf(stream));
      else if (news !== undefined) streams.push(news);
    }
    return {
      queue: this.queue,
      consumerId: this.consumerId,
      clientId: this.clientId,
      ...heading,
      whole,
      streams,
      highest: this.#newestHighest(),
      state: this.#state,
      totals: { ...this.totals },
    };
  }

  /** News, and what is held of what was handed out; the numbers of a report that waits count with the latter. */
  get weightBytes(): number {
    let numberCount = 0;
    for (const stream of this.#streams.values()) {
      for (const set of [...newsOf(stream), ...heldOf(stream)]) numberCount += set.length;
    }
    return numberCount * 16;
  }

  shrink(): void {
    for (const stream of this.#streams.values()) {
      for (const set of newsOf(stream)) {
        if (set.length <= 2) continue;
        set.splice(0, 2 * Math.floor(set.length / 4));
        this.#isDoubted = true;
      }
      const { held } = stream;
      const half = (set: RangeSet): RangeSet => foldOldest(set, Math.max(1, Math.ceil(set.length / 4))).set;
      const sets = { fresh: half(held.fresh), received: half(held.received), processed: half(held.processed) };
      stream.held = { ...held, ...sets, rejected: half(held.rejected) };
    }
  }

  /** Takes in the answer to the last report. After "clone" the edge has changed the ids before it asks again. */
  accept(answer: Answer): void {
    if (answer.kind === "stored") {
      this.#storedCount = this.#reportedCount;
      this.#mustSendAll = false;
      for (const stream of this.#streams.values()) stream.openTwice = [];
      return;
    }
    // Whatever the reason, the store holds less than this consumer said: other consumers' receipts may be gone too.
    this.#mustSendAll = true;
    this.#isDoubted = true;
  }

  #streamOf(producerId: string): Stream | undefined {
    if (this.#latest?.producerId === producerId) {
      this.#latest.round = this.#round;
      return this.#latest;
    }
    let stream = this.#streams.get(producerId);
    if (stream === undefined) {
      if (this.#streams.size >= maxHeldStreams && !this.#forgetOldest()) {
        this.#isDoubted = true;
        return undefined;
      }
      stream = createStream(producerId);
      this.#streams.set(producerId, stream);
    }
    stream.round = this.#round;
    this.#latest = stream;
    return stream;
  }

  /** Forgets the stream longest unheard of among those that have been reported; false when there is none. */
  #forgetOldest(): boolean {
    let oldest: Stream | undefined;
    for (const stream of this.#streams.values()) {
      if (isQuiet(stream) && (oldest === undefined || stream.round < oldest.round)) oldest = stream;
    }
    return oldest !== undefined && this.#streams.delete(oldest.producerId);
  }

  /** News of more than `maxRanges` ranges lose the oldest half: a store that was away for long costs no more memory. */
  #add(set: number[], sequence: number): void {
    addRange(set, sequence, sequence);
    if (set.length <= 2 * maxRanges) return;
    set.splice(0, maxRanges);
    this.#isDoubted = true;
  }

  #newestHighest(): DeliveryReport["highest"] {
    const known = [...this.#streams.values()].filter((stream) => stream.highest > 0);
    if (known.length > maxHighest) known.sort((a, b) => b.round - a.round);
    return known.slice(0, maxHighest).map(({ producerId, highest }) => ({ producerId, sequence: highest }));
  }
}

/** How many streams a report names the highest first delivery of. */
export const maxHighest = 64;

const maxHeldStreams = 1_000;
/** Per set and stream, held for "send-all" alone: that comes with a doubt anyway, so older ranges prove nothing. */
const maxHeldRanges = 1_024;

interface Stream {
  readonly producerId: string;
  /** News: since the last report was composed. */
  readonly fresh: number[];
  readonly again: number[];
  readonly twice: number[];
  readonly processed: number[];
  readonly rejected: number[];
  readonly deaths: Partial<Record<DeathReason, number[]>>;
  /** Held: everything that was ever handed out, up to `maxHeldRanges`. */
  held: { fresh: RangeSet; received: RangeSet; processed: RangeSet; rejected: RangeSet; deaths: Deaths | undefined };
  /** Handed out and not stored yet. */
  openTwice: RangeSet;
  highest: number;
  round: number;
}

function createStream(producerId: string): Stream {
  return {
    producerId,
    fresh: [],
    again: [],
    twice: [],
    processed: [],
    rejected: [],
    deaths: {},
    held: { fresh: [], received: [], processed: [], rejected: [], deaths: undefined },
    openTwice: [],
    highest: 0,
    round: 0,
  };
}

function newsOf({ fresh, again, twice, processed, rejected }: Stream): readonly number[][] {
  return [fresh, again, twice, processed, rejected];
}

function heldOf({ held }: Stream): readonly RangeSet[] {
  return [held.fresh, held.received, held.processed, held.rejected];
}

function isQuiet({ openTwice, ...news }: Stream): boolean {
  return !hasNews(news) && isEmpty(openTwice);
}

function hasNews({ fresh, again, processed, rejected, deaths }: Omit<Stream, "openTwice">): boolean {
  return [fresh, again, processed, rejected, deadOf(deaths)].some((set) => !isEmpty(set));
}

/** Moves the news of a stream to what is held; undefined where there are none. */
function takeNews(stream: Stream): StreamDeliveries | undefined {
  if (!hasNews(stream)) return undefined;
  const [fresh, again, twice] = [stream.fresh, stream.again, stream.twice].map((set) => set.splice(0));
  const [processed, rejected] = [stream.processed, stream.rejected].map((set) => set.splice(0));
  const news = {
    producerId: stream.producerId,
    received: union(fresh ?? [], again ?? []),
    fresh: fresh ?? [],
    twice: twice ?? [],
    processed: processed ?? [],
    rejected: rejected ?? [],
    ...takeDeaths(stream),
  };
  stream.openTwice = union(stream.openTwice, news.twice);
  stream.held = {
    received: hold(stream.held.received, news.received),
    fresh: hold(stream.held.fresh, news.fresh),
    processed: hold(stream.held.processed, news.processed),
    rejected: hold(stream.held.rejected, news.rejected),
    deaths: mergeDeaths(stream.held.deaths, news.deaths),
  };
  return news;
}

function takeDeaths({ deaths }: Stream): Pick<StreamDeliveries, "deaths"> {
  const taken: Partial<Record<DeathReason, RangeSet>> = {};
  for (const reason of deathReasons) {
    const set = deaths[reason]?.splice(0) ?? [];
    if (!isEmpty(set)) taken[reason] = set;
  }
  return isEmpty(deadOf(taken)) ? {} : { deaths: taken };
}

function wholeOf(stream: Stream): StreamDeliveries {
  const { deaths, ...held } = stream.held;
  return { producerId: stream.producerId, ...held, ...(deaths && { deaths }), twice: stream.openTwice };
}

function hold(held: RangeSet, news: RangeSet): RangeSet {
  return foldOldest(union(held, news), maxHeldRanges).set;
}
