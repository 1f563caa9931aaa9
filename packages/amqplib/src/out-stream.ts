import { Chain, type Client } from "@seqwatch/client";
import { type Answer, type Lane, type LedgerReport, type Reference, StreamLedger } from "@seqwatch/core";

/** What a stream needs of whoever owns it. */
export interface StreamOwner {
  readonly client: Client;
  referencesOf(stream: OutStream): readonly Reference[];
  /** Another process writes under the same producerId. */
  cloned(): void;
}

/** A stream that this process publishes: its ledger and the chain of its reports. */
export class OutStream {
  readonly lane: Lane;
  readonly ledger: StreamLedger;
  readonly #chain: Chain<LedgerReport>;
  #sentRevision = 0;
  #storedRevision = 0;
  /** The revision at the last look, and when it was last seen to move. */
  #seenRevision = 0;
  #quietSinceMs = Number.POSITIVE_INFINITY;
  #reportedAtMs = 0;
  #isProbing = false;
  /** What was assigned when the end was written. */
  #endedAt = -1;

  constructor(lane: Lane, producerId: string, confirms: boolean, owner: StreamOwner) {
    this.lane = lane;
    this.ledger = new StreamLedger(lane, producerId, { confirms });
    this.#chain = new Chain(
      {
        hasNews: () => this.#isProbing || this.ledger.revision !== this.#storedRevision,
        next: (link) => {
          this.#isProbing = false;
          this.#sentRevision = this.ledger.revision;
          this.#reportedAtMs = owner.client.host.nowMs();
          return this.ledger.report({ clientId: owner.client.clientId, ...link }, owner.referencesOf(this));
        },
        send: (report) => owner.client.store.reportLedger(lane, report),
        accept: (answer) => this.#accept(answer, owner),
      },
      () => owner.client.newNonce(),
    );
  }

  /**
   * One look a report: books what has had no outcome for too long, ends a stream that has been idle and finished for
   * as long, and lets an idle one report now and then. The report numbers end the doubts of its queues, and the store's
   * answer shows that it still holds what it was told.
   */
  look(nowMs: number, outcomeLimitMs: number): void {
    this.ledger.age(nowMs, outcomeLimitMs);
    if (this.ledger.revision !== this.#seenRevision || this.#quietSinceMs > nowMs) {
      this.#seenRevision = this.ledger.revision;
      this.#quietSinceMs = nowMs;
    }
    if (this.#isEnded) return;
    if (this.#quietSinceMs + idleLimitMs <= nowMs && this.ledger.inFlight().length === 0) this.end();
    else if (this.#reportedAtMs + probeEveryMs <= nowMs) this.#isProbing = true;
  }

  /** The next report ends the stream. A later publish un-ends it. */
  end(): void {
    if (this.#isEnded) return;
    if (this.ledger.assigned > 0) this.ledger.end();
    this.#endedAt = this.ledger.assigned;
  }

  /** Ended, idle for long, and the store knows: nothing is lost by forgetting the stream. */
  isOver(nowMs: number): boolean {
    return this.#isEnded && this.#quietSinceMs + idleLimitMs <= nowMs && !this.#chain.hasNews;
  }

  get hasNews(): boolean {
    return this.#chain.hasNews;
  }

  lastWords(): void {
    this.#chain.lastWords();
  }

  advance(): Promise<void> {
    return this.#chain.advance();
  }

  get #isEnded(): boolean {
    return this.ledger.assigned === this.#endedAt;
  }

  #accept(answer: Answer, owner: StreamOwner): void {
    if (answer.kind === "clone") {
      // This ledger is the other process's as well: it is given up, and what it did not report is blind.
      this.#storedRevision = this.ledger.revision;
      owner.cloned();
      return;
    }
    if (answer.kind === "stored") this.#storedRevision = this.#sentRevision;
    this.ledger.accept(answer);
  }
}

const idleLimitMs = 60_000;
const probeEveryMs = 10_000;
