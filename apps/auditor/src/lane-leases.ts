import { type LeaseWatch, nextWish, noLeases, noteAnswer, noteSilence, type Store } from "@seqwatch/core";

/** Which lanes this auditor looks after, where several share one store. */
export interface LaneShare {
  /** What the store knows this auditor by. */
  readonly auditorId: string;
  /** Its slots, each with the number of the grant: another one = somebody else may have held it in between. */
  readonly grants: ReadonlyMap<number, number>;
  /** False for one that slept, stalled or lost its store for the length of a lease: it has to ask again first. */
  isFresh(): boolean;
}

export interface LeaseOptions {
  readonly store: Pick<Store, "lease">;
  /** Random, new at every start. */
  readonly auditorId: string;
  /** An auditor is dead whose number stood still for so long. */
  readonly leaseMs: number;
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly failed: (error: unknown) => void;
}

/** Renewals in the length of a lease: one that is late does not lose it. */
const renewalsPerLease = 4;

/** Keeps this auditor's share of the lanes by a timer of its own: a pass may take longer than a lease. */
export class LaneLeases implements LaneShare {
  readonly auditorId: string;
  readonly #options: LeaseOptions;
  #watch: LeaseWatch = noLeases;
  #grants: ReadonlyMap<number, number> = new Map();
  #renewing: Promise<void> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.auditorId = options.auditorId;
  }

  /** How many auditors there are, this one among them. */
  get auditorCount(): number {
    return this.#watch.others.size + 1;
  }

  /** Rises when anybody saves findings. */
  get savedCount(): number {
    return this.#watch.savedCount;
  }

  get grants(): ReadonlyMap<number, number> {
    return this.#grants;
  }

  isFresh(): boolean {
    const { answeredAtMs } = this.#watch;
    return answeredAtMs !== undefined && this.#options.nowMs() - answeredAtMs < this.#options.leaseMs;
  }

  /** Asks for a share, and goes on asking until `close`. Rejects when the store does; the timer runs all the same. */
  async start(): Promise<void> {
    this.#timer ??= setInterval(
      () => void this.renew().catch((error: unknown) => this.#options.failed(error)),
      this.#options.leaseMs / renewalsPerLease,
    );
    await this.renew();
  }

  /** Renews now, or joins the renewal that is under way. */
  async renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    await this.#renewing;
  }

  /** Gives everything back, so that the others need not wait for it. Never rejects. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing?.catch(() => undefined);
    if (this.#watch.number === 0) return;
    this.#grants = new Map();
    const leave = { ...nextWish(this.#watch, this.auditorId, this.#options.leaseMs), keep: [], most: 0 };
    await this.#options.store.lease(leave).catch((error: unknown) => this.#options.failed(error));
  }

  async #renew(): Promise<void> {
    const { store, leaseMs, nowMs } = this.#options;
    const wish = nextWish(this.#watch, this.auditorId, leaseMs);
    // What is given away is not looked at any more, from before the others can know.
    this.#grants = new Map(wish.keep.map((slot) => [slot, this.#grants.get(slot) ?? wish.number]));
    // The time before the question: a lease that was granted while this process slept is over.
    const askedAtMs = nowMs();
    try {
      const answer = await store.lease(wish);
      this.#watch = noteAnswer(this.#watch, wish, answer, askedAtMs);
      this.#grants = new Map(answer.slots.map((slot) => [slot, this.#grants.get(slot) ?? wish.number]));
    } catch (error) {
      this.#watch = noteSilence(this.#watch);
      throw error;
    }
  }
}
