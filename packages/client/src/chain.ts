import type { Answer } from "@seqwatch/core";

/** What ties a report to the one before it. */
export interface Link {
  /** Counts the author's reports in this lane from 1. */
  readonly number: number;
  readonly nonce: string;
  /** The nonce of the report before; "" for the first one and for one that holds everything. */
  readonly buildsOn: string;
}

/** Who writes in a chain: a producer in one lane, a member of a group in one lane. */
export interface ChainAuthor<Report> {
  /** Whether there is anything to say. Asked again after every answer. */
  hasNews(): boolean;
  /** The next report. After "send-all" it has to hold everything, after "partly-known" the first of the two parts. */
  next(link: Link): Report;
  send(report: Report): Promise<Answer>;
  /** Takes in every answer. "clone": another process writes under the same id, so the author takes new ids. */
  accept(answer: Answer, report: Report): void;
}

/**
 * Writes the reports of one author in one lane, each building on the one before. One at a time; a report whose answer
 * never came is sent again as it was, because it may have been stored.
 *
 * ```ts
 * const chain = new Chain(author, () => client.newNonce());
 * await chain.advance(); // rejects when the store does; the next call goes on where this one stopped
 * ```
 */
export class Chain<Report> {
  readonly #author: ChainAuthor<Report>;
  readonly #newNonce: () => string;
  #number = 0;
  #buildsOn = "";
  /** Sent, and not answered yet. */
  #open: { readonly report: Report; readonly link: Link } | undefined;
  #isAdvancing = false;

  constructor(author: ChainAuthor<Report>, newNonce: () => string) {
    this.#author = author;
    this.#newNonce = newNonce;
  }

  /** Whether a call of `advance` would write something. */
  get hasNews(): boolean {
    return this.#open !== undefined || this.#author.hasNews();
  }

  /** Reports until there is no news, at most `maxRounds` times. A call while another one runs does nothing. */
  async advance(): Promise<void> {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    try {
      for (let round = 0; round < maxRounds && this.hasNews; round += 1) {
        this.#open ??= this.#compose();
        const { report, link } = this.#open;
        const answer = await this.#author.send(report);
        this.#open = undefined;
        this.#follow(link, answer);
        this.#author.accept(answer, report);
      }
    } finally {
      this.#isAdvancing = false;
    }
  }

  /**
   * The process exits: writes what is new within this very tick, built on the report whose answer is still awaited, if
   * there is one. The connection keeps their order, so either both are stored or the store refuses the second.
   */
  lastWords(): void {
    // One that was given up, and may have been stored, has to be there before what builds on it.
    if (this.#open !== undefined && !this.#isAdvancing) this.#sendUnheard(this.#open.report);
    if (!this.#author.hasNews()) return;
    const { link, report } = this.#open ?? this.#compose();
    const last = this.#open === undefined ? report : this.#author.next(this.#linkAfter(link));
    this.#sendUnheard(last);
  }

  #sendUnheard(report: Report): void {
    void this.#author.send(report).catch(() => {}); // nobody is left to be told
  }

  #linkAfter({ number, nonce }: Link): Link {
    return { number: number + 1, nonce: this.#newNonce(), buildsOn: nonce };
  }

  #compose(): { readonly report: Report; readonly link: Link } {
    const link = { number: this.#number + 1, nonce: this.#newNonce(), buildsOn: this.#buildsOn };
    return { report: this.#author.next(link), link };
  }

  #follow(link: Link, answer: Answer): void {
    switch (answer.kind) {
      case "stored":
        this.#number = link.number;
        this.#buildsOn = link.nonce;
        return;
      case "partly-known":
        return;
      case "send-all":
        this.#number = link.number;
        this.#buildsOn = "";
        return;
      case "clone":
        this.#number = 0;
        this.#buildsOn = "";
        return;
    }
  }
}

/**
 * A report is refused and split a few times at most; a busy author has always news again. What is left over waits
 * for the next tick.
 */
const maxRounds = 8;
