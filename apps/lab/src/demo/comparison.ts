import { type ApiFinding, AuditorApi } from "../auditor-api.ts";
import { Book } from "./book.ts";
import { type Claims, toClaims } from "./claims.ts";
import type { News } from "./news.ts";
import { type Summary, summarize } from "./summary.ts";
import { ordersGroup, paymentKinds, sourceOf } from "./traffic.ts";

/** A message may be younger than the end of the log that was read; a high watermark may be late after an election. */
const logLagMs = 3_000;
const queueLagMs = 1_000;

/** The book of what happened and what the auditor says of it, side by side. */
export class Comparison {
  readonly book = new Book(sourceOf);
  readonly #hasBlindSpots: boolean;
  #api: AuditorApi | undefined;
  #claims: Claims = { confirmed: new Map(), inDoubt: new Set(), suspectedCount: 0, unnamed: [] };
  #findings: readonly ApiFinding[] = [];
  #isAuditorHeard = true;
  #duplicatesFound = 0;
  #logReadToMs = 0;
  #isDrained = false;

  constructor(options: { readonly hasBlindSpots: boolean }) {
    this.#hasBlindSpots = options.hasBlindSpots;
  }

  /** Takes what a worker told. */
  note(news: News): void {
    this.book.note(news);
    if (news.kind === "read-to") this.#logReadToMs = news.atMs;
    if (news.kind === "listening") this.#api = new AuditorApi(news.url);
  }

  get api(): AuditorApi | undefined {
    return this.#api;
  }

  get findings(): readonly ApiFinding[] {
    return this.#findings;
  }

  get isAuditorHeard(): boolean {
    return this.#isAuditorHeard;
  }

  get suspectedCount(): number {
    return this.#claims.suspectedCount;
  }

  /** Up to when the whole log was read. */
  get logReadToMs(): number {
    return this.#logReadToMs;
  }

  /** The log is about to be read from its start: what was read of it before does not count. */
  beginFinalReading(): void {
    this.book.forgetStored();
    this.#logReadToMs = 0;
  }

  /** Everything that was sent has arrived, if it ever will. */
  drained(): void {
    this.#isDrained = true;
  }

  /** Asks the auditor. One that does not answer for a while is a line on the screen, not the end of the demo. */
  async look(): Promise<void> {
    const findings = await this.#api?.findings().catch(() => undefined);
    const progress = await this.#api?.progress().catch(() => undefined);
    this.#isAuditorHeard = findings !== undefined;
    if (findings !== undefined) {
      this.#findings = findings;
      this.#claims = toClaims(findings, this.#claims.confirmed);
    }
    // Streams are read from Redis, which may be away.
    const orders = progress?.filter(({ group }) => group === ordersGroup);
    if (orders !== undefined) this.#duplicatesFound = orders.reduce((sum, { duplicated }) => sum + duplicated, 0);
  }

  /** The comparison as it is now. */
  get summary(): Summary {
    const kafkaHorizonMs = this.#isDrained ? Infinity : this.#logReadToMs - logLagMs;
    return summarize({
      book: this.book,
      claims: this.#claims,
      lostBy: {
        kafka: this.book.lost("kafka", () => kafkaHorizonMs),
        rabbitmq: this.book.lost("rabbitmq", (source) => this.#queueHorizonMs(source)),
      },
      duplicatesFound: this.#duplicatesFound,
      hasBlindSpots: this.#hasBlindSpots,
    });
  }

  /** Whether the auditor knows all that consumers have finished of a routing key. */
  async isReported(routingKey: string): Promise<boolean> {
    const queue = paymentKinds.find((kind) => kind.routingKey === routingKey)?.queue;
    const groups = (await this.#api?.progress().catch(() => [])) ?? [];
    const mine = groups.filter((group) => group.partition === routingKey && group.group === queue);
    const known = mine.reduce((sum, { processed }) => sum + processed, 0);
    return known >= this.book.progress(routingKey).processed - this.book.unauditedCount(routingKey);
  }

  /** Queues are first in, first out: what is older than the newest that was worked was worked, or never will be. */
  #queueHorizonMs(source: string): number {
    const isBound = paymentKinds.some(({ routingKey, queue }) => routingKey === source && queue !== undefined);
    return this.#isDrained || !isBound ? Infinity : this.book.newestProcessedMs(source) - queueLagMs;
  }
}
