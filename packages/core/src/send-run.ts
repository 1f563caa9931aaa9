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
    if (this.#sequences.length === 0) this.#above = this.ledger.highestOffset;
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
    // Stamped after a higher offset had been acked: the log was cut, or another message's offset was told.
    if (this.#above !== undefined && baseOffset <= this.#above) {
      this.ledger.distrustOffsets(baseOffset);
      this.#each((first, last) => this.ledger.bookAcked(first, last));
      return;
    }
    let low = baseOffset;
    this.#each((first, last) => {
      this.ledger.bookPlaced(first, last, low);
      low += last - first + 1;
    });
  }

  /** Acked, but the answer told no usable offset. */
  ackedSomewhere(): void {
    if (!this.#settle()) return;
    this.#each((first, last) => this.ledger.bookAcked(first, last));
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
    if (first !== undefined && last !== undefined) this.ledger.bracket(first, last, this.#above);
  }

  #each(visit: (first: number, last: number) => void): void {
    for (let at = 0; at + 1 < this.#sequences.length; at += 2) {
      visit(this.#sequences[at] ?? 0, this.#sequences[at + 1] ?? 0);
    }
  }
}
