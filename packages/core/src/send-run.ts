import type { StreamLedger } from "./ledger.ts";
import type { VoidReason } from "./ledger-report.ts";
import { addRange, firstOf, type RangeSet } from "./range-set.ts";

/**
 * The messages of one Kafka send that go to one partition. kafkajs packs them into one record batch, so they lie at
 * consecutive offsets in stamping order (kafkajs: producer/groupMessagesPerPartition.js) and share one outcome.
 * Exactly one outcome is booked; a second call is ignored.
 */
export class SendRun {
  readonly ledger: StreamLedger;
  readonly #sequences: number[] = [];
  /** Highest offset acked in the partition when the first of them was stamped. */
  #above: number | undefined;
  /** The era of the log, as far as the producer knew, when the first of them was stamped. */
  #era = 0;
  #isSettled = false;

  constructor(ledger: StreamLedger) {
    this.ledger = ledger;
  }

  get sequences(): RangeSet {
    return this.#sequences;
  }

  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** The sequence of the next message. */
  next(): number {
    if (this.#sequences.length === 0) {
      this.#above = this.ledger.highestOffset;
      this.#era = this.ledger.era;
    }
    const sequence = this.ledger.take();
    addRange(this.#sequences, sequence, sequence);
    return sequence;
  }

  /** The client asks for the partition again: it is about to send once more. */
  retried(): void {
    this.#each((first, last) => this.ledger.bookRetried(first, last));
  }

  /** The broker stored the batch from `baseOffset` on. */
  acked(baseOffset: number): void {
    if (!this.#settle()) return;
    let low = baseOffset;
    this.#each((first, last) => {
      this.ledger.bookPlaced(first, last, low, this.#era);
      low += last - first + 1;
    });
    if (this.#above === undefined || baseOffset > this.#above) {
      this.ledger.bound(firstOf(this.#sequences) ?? 0, low - 1, this.#era);
      return;
    }
    // Stamped after a higher offset had been acked: the log was cut, or another message's offset was told. Then the
    // offset bounds nothing, and they can lie there as well as above what was acked before.
    this.ledger.distrustOffsets(baseOffset);
    this.#bracket();
  }

  /** Acked, but the answer told no usable offset. */
  ackedSomewhere(): void {
    if (!this.#settle()) return;
    this.#each((first, last) => this.ledger.bookAcked(first, last));
    this.#bracket();
  }

  /** The send resolved and its answer left this partition out. */
  omitted(): void {
    if (!this.#settle()) return;
    this.#each((first, last) => this.ledger.bookOmitted(first, last));
    this.#bracket();
  }

  /** Nobody can say whether it was stored. */
  uncertain(): void {
    if (!this.#settle()) return;
    this.#each((first, last) => this.ledger.bookUncertain(first, last));
    this.#bracket();
  }

  /** Beside the rejection: the producer is stuck, and refused for good. */
  stuck(): void {
    this.#each((first, last) => this.ledger.bookStuck(first, last));
  }

  /** Told to the application as sent, with no answer of the broker (acks=0). */
  told(): void {
    if (!this.#settle()) return;
    this.#each((first, last) => this.ledger.bookTold(first, last));
    this.#bracket();
  }

  /** Certainly not stored. */
  voided(reason: VoidReason): void {
    if (!this.#settle()) return;
    this.#each((first, last) => this.ledger.bookVoid(first, last, reason));
  }

  #settle(): boolean {
    if (this.#isSettled || this.#sequences.length === 0) return false;
    this.#isSettled = true;
    return true;
  }

  #bracket(): void {
    const first = firstOf(this.#sequences);
    const last = this.#sequences.at(-1);
    if (first !== undefined && last !== undefined) this.ledger.bracket(first, last, this.#above, this.#era);
  }

  #each(visit: (first: number, last: number) => void): void {
    for (let at = 0; at + 1 < this.#sequences.length; at += 2) {
      visit(this.#sequences[at] ?? 0, this.#sequences[at + 1] ?? 0);
    }
  }
}
