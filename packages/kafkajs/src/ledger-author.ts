import type { ChainAuthor, Link } from "@seqwatch/client";
import type { Answer, LedgerReport, Store, StreamLedger } from "@seqwatch/core";
import type { References } from "./references.ts";

/** What a ledger needs of its process to be written. */
export interface LedgerSurroundings {
  readonly store: Store;
  readonly references: References;
  clientId(): string;
  nowMs(): number;
  /** Another process writes under this id. */
  cloned(producerId: string): void;
}

/** Writes one stream's ledger whenever it has moved, and once in a while at rest, to notice that a store forgot. */
export class LedgerAuthor implements ChainAuthor<LedgerReport> {
  readonly #ledger: StreamLedger;
  /** Who still writes to the stream: a dead one must not be kept alive by asking about it. */
  readonly #users: readonly object[];
  readonly #surroundings: LedgerSurroundings;
  #reportedRevision = -1;
  #composedRevision = -1;
  #reportedAtMs = Number.NEGATIVE_INFINITY;

  constructor(ledger: StreamLedger, users: readonly object[], surroundings: LedgerSurroundings) {
    this.#ledger = ledger;
    this.#users = users;
    this.#surroundings = surroundings;
  }

  hasNews(): boolean {
    if (this.#ledger.revision !== this.#reportedRevision) return true;
    return this.#users.length > 0 && this.#surroundings.nowMs() - this.#reportedAtMs >= probeMs;
  }

  next(link: Link): LedgerReport {
    const { references } = this.#surroundings;
    this.#composedRevision = this.#ledger.revision;
    const named = references.keep(this.#ledger, this.#ledger.namedSequences());
    return this.#ledger.report({ clientId: this.#surroundings.clientId(), ...link }, named);
  }

  send(report: LedgerReport): Promise<Answer> {
    return this.#surroundings.store.reportLedger(this.#ledger.lane, report);
  }

  accept(answer: Answer): void {
    if (answer.kind === "clone") {
      this.#surroundings.cloned(this.#ledger.producerId);
    } else if (answer.kind === "stored") {
      this.#reportedRevision = this.#composedRevision;
      this.#reportedAtMs = this.#surroundings.nowMs();
    }
    this.#ledger.accept(answer);
  }
}

/** An idle producer asks so often whether the store still holds what it was told. */
const probeMs = 30_000;
