import { hash } from "node:crypto";
import type { Client } from "@seqwatch/client";
import { contains, type LedgerReport, originHeader } from "@seqwatch/core";
import type { Member } from "./members.ts";
import type { ReceivedMessage } from "./port.ts";

/** A message whose handler is about to run. */
export interface Candidate {
  readonly message: ReceivedMessage;
  readonly offset: number;
  readonly producerId: string;
  readonly sequence: number;
}

interface Processed {
  readonly offset: number;
  readonly digest: string;
}

/** The newest messages of a lane that this process itself has processed. */
const maxRemembered = 10_000;
const waitMs = 1_000;
const askEveryMs = 50;

/**
 * With `onDuplicate: "skip"`: decides whether a message was certainly processed before, so that its handler need not
 * run. Where anything is unclear it runs: to skip what nobody has processed, or what somebody wants done anew, is worse
 * than a double. Two proofs, both of this process's own memory, and none of what a store tells of others: who was killed may have
 * committed without a word, and then nobody can tell what comes again from what an operator went back for.
 *
 * The *same record* comes again after a rebalance, to a member that had the lane before and commits by itself; or its
 * *producer* stored it twice: it says so itself, this one lies no higher than the one it was told of, and this process
 * has processed the other one, with the same content.
 */
export class DuplicateGuard {
  readonly #client: Client;
  readonly #member: Member;
  readonly #remembered = new Map<string, Processed>();
  /** What lies below is read anew on purpose, or may be. */
  #replayBelow = 0;
  /** The highest commit that was asked for. */
  #committedTo = 0;
  /** The highest offset that was delivered in this assignment. */
  #deliveredTo = -1;
  /** The application went back in this assignment: what it had handled by then may not be done. */
  #wentBack = false;

  constructor(client: Client, member: Member) {
    this.#client = client;
    this.#member = member;
  }

  /**
   * The lane was assigned. It is continued where the same member had it in the group's generation before: then nobody else
   * can have committed in between, and no operator, for whom a group has to be empty.
   */
  entered(isContinued: boolean): void {
    if (!isContinued || this.#wentBack) this.forget();
    this.#deliveredTo = -1;
    this.#wentBack = false;
  }

  /** The application goes back, or may: what it did so far is not known to be done any more. */
  forget(): void {
    this.#wentBack = true;
    this.#remembered.clear();
    this.#replayBelow = Math.max(this.#replayBelow, this.#deliveredTo + 1);
  }

  /** A commit leaves. What lies below it and comes all the same was asked for anew. */
  committing(nextOffset: number): void {
    if (nextOffset < this.#committedTo) this.forget();
    this.#committedTo = nextOffset;
    this.#replayBelow = Math.max(this.#replayBelow, nextOffset);
  }

  processed({ message, offset, producerId, sequence }: Candidate): void {
    const key = keyOf(producerId, sequence);
    this.#remembered.delete(key);
    this.#remembered.set(key, { offset, digest: digestOf(message) });
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > maxRemembered && oldest !== undefined) this.#remembered.delete(oldest);
  }

  /** Never rejects: what fails here lets the handler run. */
  async mustSkip(candidate: Candidate): Promise<boolean> {
    try {
      this.#delivered(candidate.offset);
      if (this.#member.testimony.isDoubted || wasForwarded(candidate.message)) return false;
      if (candidate.offset < this.#replayBelow) return false;
      if (this.#isKnownRecord(candidate)) return true;
      return this.#isKnownContent(candidate) && (await this.#isProducersCopy(candidate));
    } catch (error) {
      this.#client.failed("looking for a duplicate", error);
      return false;
    }
  }

  get laneHash(): string {
    return this.#member.laneHash;
  }

  /** Within one assignment nothing comes twice, unless somebody goes back for it. */
  #delivered(offset: number): void {
    if (offset <= this.#deliveredTo) this.forget();
    this.#deliveredTo = Math.max(this.#deliveredTo, offset);
  }

  #isKnownRecord({ producerId, sequence, offset }: Candidate): boolean {
    return this.#remembered.get(keyOf(producerId, sequence))?.offset === offset;
  }

  #isKnownContent({ message, producerId, sequence }: Candidate): boolean {
    return this.#remembered.get(keyOf(producerId, sequence))?.digest === digestOf(message);
  }

  /** Waits for the ledger to say where the message was acked. What lies higher came later, from somebody else. */
  async #isProducersCopy({ producerId, sequence, offset }: Candidate): Promise<boolean> {
    const client = this.#client;
    const untilMs = client.host.nowMs() + waitMs;
    while (client.host.nowMs() < untilMs) {
      const record = await this.#within(untilMs - client.host.nowMs(), client.store.readLane(this.#member.lane));
      const ledger = record?.ledgers.get(producerId);
      const acked = ledger === undefined ? undefined : ackedAt(ledger, sequence);
      if (ledger !== undefined && acked !== undefined) return contains(ledger.retried, sequence) && offset <= acked;
      await new Promise<void>((resolve) => void client.host.after(askEveryMs, resolve));
    }
    return false;
  }

  async #within<T>(limitMs: number, work: Promise<T>): Promise<T | undefined> {
    let cancel = (): void => {};
    const limit = new Promise<undefined>((resolve) => {
      cancel = this.#client.host.after(Math.max(0, limitMs), () => resolve(undefined));
    });
    try {
      return await Promise.race([work, limit]);
    } catch (error) {
      this.#client.failed("reading what was processed before", error);
      return undefined;
    } finally {
      cancel();
    }
  }
}

/** The exact offset that the producer was told; undefined where it is not known yet, or only an interval. */
function ackedAt(ledger: LedgerReport, sequence: number): number | undefined {
  if (!contains(ledger.acked, sequence)) return undefined;
  const chunk = ledger.chunks.find(({ first, last }) => sequence >= first && sequence <= last);
  return chunk?.exact === true ? chunk.low + sequence - chunk.first : undefined;
}

/** A header by which forwarders and dead-letter tools mark their copies. */
function wasForwarded({ headers }: ReceivedMessage): boolean {
  return Object.keys(headers ?? {}).some((name) => name === originHeader || forwarderPattern.test(name));
}

const forwarderPattern = /dlt|dlq|dead.?letter|x-death|original.(topic|partition|offset)|connect\.errors/i;

function keyOf(producerId: string, sequence: number): string {
  return `${producerId}${sequence}`;
}

function digestOf({ key, value }: ReceivedMessage): string {
  return `${bytesDigest(key)}.${bytesDigest(value)}`;
}

function bytesDigest(bytes: unknown): string {
  return bytes instanceof Uint8Array ? hash("sha1", bytes, "base64") : "";
}
