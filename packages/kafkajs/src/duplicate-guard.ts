import { hash } from "node:crypto";
import type { Client } from "@seqwatch/client";
import {
  contains,
  type GroupRecord,
  type LaneRecord,
  type LedgerReport,
  originHeader,
  type RangeSet,
  unionAll,
} from "@seqwatch/core";
import type { Member } from "./members.ts";
import type { ReceivedMessage } from "./port.ts";

/** A message whose handler is about to run. */
export interface Candidate {
  readonly message: ReceivedMessage;
  readonly offset: number;
  readonly producerId: string;
  readonly sequence: number;
}

/** What the store knew of a lane when it was assigned. */
interface Loaded {
  readonly handled: RangeSet;
  readonly processed: ReadonlyMap<string, RangeSet>;
  /** The highest commit that any member of the group has told. */
  readonly committedTo: number;
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
 * run. Where anything is unclear it runs (DESIGN section 5): to skip what nobody has processed is worse than a double.
 *
 * Two proofs: the *same record* (offset) is known as processed, in this process or by what was loaded at assignment; or
 * its *producer* stored it twice: it says so itself, this one lies no higher than the one it was told of, and this
 * process has processed the other one, with the same content.
 */
export class DuplicateGuard {
  readonly #client: Client;
  readonly #member: Member;
  readonly #remembered = new Map<string, Processed>();
  #loading: Promise<void> | undefined;
  #assignment = 0;
  #loaded: Loaded | undefined;
  /** What lies below is read anew on purpose. */
  #replayBelow = 0;

  constructor(client: Client, member: Member) {
    this.#client = client;
    this.#member = member;
  }

  /** The lane was assigned: what the group has processed is loaded, and waited for at most a second. */
  entered(): void {
    this.#loaded = undefined;
    const assignment = ++this.#assignment;
    this.#loading = this.#takeIn(assignment);
  }

  async #takeIn(assignment: number): Promise<void> {
    const loaded = await this.#within(waitMs, this.#load());
    if (assignment !== this.#assignment) return;
    this.#loading = undefined;
    this.#loaded = loaded;
    this.#replayBelow = Math.max(this.#replayBelow, loaded?.committedTo ?? 0);
  }

  /** The first fetch of an assignment begins where the group stood. */
  fetchedFrom(offset: number): void {
    this.#replayBelow = Math.max(this.#replayBelow, offset);
  }

  committed(nextOffset: number): void {
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
      if (this.#loading !== undefined) await this.#loading;
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

  #isKnownRecord({ producerId, sequence, offset }: Candidate): boolean {
    if (this.#remembered.get(keyOf(producerId, sequence))?.offset === offset) return true;
    const loaded = this.#loaded;
    if (loaded === undefined || !contains(loaded.handled, offset)) return false;
    return contains(loaded.processed.get(producerId) ?? [], sequence);
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

  async #load(): Promise<Loaded | undefined> {
    const record = await this.#client.store.readLane(this.#member.lane);
    const group = record.groups.get(this.#member.testimony.group);
    return group === undefined ? undefined : loadedOf(record, group);
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

function loadedOf(record: LaneRecord, group: GroupRecord): Loaded {
  const claims = [...group.members.values()].map(({ claim }) => claim.committed ?? 0);
  const processed = [...group.receipts].map(([producerId, receipts]) => {
    const known = unionAll([receipts.processed, receipts.ahead]);
    return [producerId, known] as const;
  });
  return {
    handled: group.done.get(record.era)?.handled ?? [],
    processed: new Map(processed),
    committedTo: Math.max(0, ...claims),
  };
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
