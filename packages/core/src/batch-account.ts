import type { LaneTestimony } from "./testimony.ts";

/** A batch of one fetch, by raw offsets: control, aborted and compacted records count. */
export interface DeliveredBatch {
  /** The first raw offset at or above the position that was asked for. */
  readonly first: number;
  readonly last: number;
  /** How many of its records a handler is given. */
  readonly visibleCount: number;
}

/** What became of a message whose work went on after its handler. */
export interface SettledOutcome {
  readonly kind: "processed" | "left";
  readonly epoch: number;
  /** undefined = it has no stamp of this lane. */
  readonly producerId: string | undefined;
  readonly sequence: number;
}

/**
 * Takes the outcomes of one batch in the order of its offsets. Between two outcomes lie offsets that no handler is
 * given; they are claimed as soon as the message after them has been booked, whatever its outcome.
 */
export class BatchAccount {
  readonly #testimony: LaneTestimony;
  readonly #batch: DeliveredBatch;
  /** The era in which the batch was delivered: its offsets are of no later one, however long the handler takes. */
  readonly #era: number;
  /** The assignment in which it was delivered: what is left of it in a later one proves nothing. */
  readonly #assignment: number;
  /** The next raw offset that nobody has spoken for. */
  #next: number;
  #bookedCount = 0;
  #isAbandoned = false;

  constructor(testimony: LaneTestimony, batch: DeliveredBatch, era: number, assignment: number) {
    this.#testimony = testimony;
    this.#batch = batch;
    this.#era = era;
    this.#assignment = assignment;
    this.#next = batch.first;
  }

  /** Whether every visible message has been booked. */
  get isComplete(): boolean {
    return this.#bookedCount >= this.#batch.visibleCount;
  }

  /** Booking went wrong: an offset that was missed must not pass for one that no handler is given. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  /** The handler is over and the message was processed. */
  processed(offset: number, epoch: number, producerId: string | undefined, sequence: number, foreign = false): void {
    if (this.#isAbandoned) return;
    this.#reach(offset);
    this.#testimony.totals.received += 1;
    if (producerId === undefined || foreign) this.#mark(foreign, offset);
    this.#testimony.bookProcessed(this.#era, offset, epoch, foreign ? undefined : producerId, sequence);
  }

  /** The handler is over and the message was not processed: left behind once our own commit passes it. */
  left(offset: number, producerId: string | undefined, sequence: number, foreign = false): void {
    if (this.#isAbandoned) return;
    this.#reach(offset);
    this.#testimony.totals.received += 1;
    if (producerId === undefined || foreign) this.#mark(foreign, offset);
    this.#testimony.bookLeft(this.#assignment, this.#era, offset, foreign ? undefined : producerId, sequence);
  }

  /** Nobody can say what became of it (the handler broke off at it): no testimony. */
  unknown(offset: number): void {
    if (this.#isAbandoned) return;
    this.#reach(offset);
    this.#testimony.totals.received += 1;
  }

  /**
   * Work of a message that was `unknown` is over later than its handler: it was processed, or it was given up as far
   * as our own commit passes it. Its offset was never claimed before.
   */
  settle(offset: number, { kind, epoch, producerId, sequence }: SettledOutcome): void {
    if (this.#isAbandoned) return;
    if (kind === "processed") this.#testimony.bookProcessed(this.#era, offset, epoch, producerId, sequence);
    else this.#testimony.bookLeft(this.#assignment, this.#era, offset, producerId, sequence);
  }

  /**
   * The batch's handler is over. When every visible message was booked, the raw offsets up to the end are claimed
   * too; else the client fetches the rest again.
   */
  close(): void {
    if (this.#isAbandoned) return;
    if (this.isComplete && this.#next <= this.#batch.last) {
      this.#testimony.bookInvisible(this.#era, this.#next, this.#batch.last);
      this.#next = this.#batch.last + 1;
    }
    this.#testimony.bookPosition(this.#assignment, this.#era, this.#next);
  }

  #reach(offset: number): void {
    if (offset > this.#next) this.#testimony.bookInvisible(this.#era, this.#next, offset - 1);
    // A message handled again within the batch is one message all the same.
    if (offset < this.#next) return;
    this.#next = offset + 1;
    this.#bookedCount += 1;
  }

  #mark(isForeign: boolean, offset: number): void {
    this.#testimony.bookMark(this.#era, isForeign ? "foreign" : "unstamped", offset);
  }
}
