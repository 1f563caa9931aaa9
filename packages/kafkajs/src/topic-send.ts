import { type SendRun, stampHeader } from "@seqwatch/core";
import { bytesOf, mostBytesOf } from "./batch-bytes.ts";
import type { MessagePort, Partitioner, PartitionerArguments } from "./port.ts";
import { copyHeaders, type HeaderCopy, withoutStamp } from "./stamped-headers.ts";

/** Under this key a clone says which send it belongs to. A symbol: neither the wire nor an error message shows it. */
const sendOf: unique symbol = Symbol("seqwatch");

/** Says where a message of a watched send goes. */
export interface PartitionChooser {
  partitionFor(args: PartitionerArguments, inner: Partitioner): number | string;
}

/** A clone of an application's message. */
export type Clone = MessagePort & { [sendOf]?: PartitionChooser };

/** The messages of one send for one partition: one record batch. */
export interface PartitionBatch {
  readonly partition: number;
  /** Positions in the send's messages, ascending. */
  readonly indexes: number[];
  /** undefined = not stamped. */
  run: SendRun | undefined;
}

/** What a send needs from its surroundings. */
export interface SendSurroundings {
  /** undefined = this partition cannot be watched (no name for the cluster, too many streams). */
  openRun(topic: string, partition: number): SendRun | undefined;
  stamped(run: SendRun, sequence: number, message: MessagePort, topic: string): void;
  unaudited(topic: string, partition: number, count: number): void;
  readonly stampBatchBytes: number;
  /** Something of ours failed: the messages go out as the application gave them. */
  failed(error: unknown): void;
}

/**
 * The messages of one send for one topic. kafkajs asks for the partitions of all of them, in order and within one
 * tick, at every attempt (kafkajs: producer/groupMessagesPerPartition.js). The first choice is pinned, and once the
 * last one is known all are stamped: only then the size of each partition's batch is known, and nothing is encoded yet.
 */
export class TopicSend implements PartitionChooser {
  readonly topic: string;
  readonly originals: readonly MessagePort[];
  readonly clones: readonly Clone[];
  batches: PartitionBatch[] = [];
  readonly #surroundings: SendSurroundings;
  readonly #chosen: (number | string)[] = [];
  #cursor = 0;
  #batchOfIndex: (PartitionBatch | undefined)[] = [];
  /** How often kafkajs has asked for the partitions after the first time. */
  retryCount = 0;

  constructor(topic: string, originals: readonly MessagePort[], surroundings: SendSurroundings) {
    this.topic = topic;
    this.originals = originals;
    this.clones = originals.map((original) => cloneOf(original, this));
    this.#surroundings = surroundings;
  }

  partitionFor(args: PartitionerArguments, inner: Partitioner): number | string {
    const index = this.#indexOf(args.message);
    // Some other wrapper made a copy of our clone: it goes its way unwatched.
    if (index < 0) return inner(args);
    const pinned = this.#chosen[index];
    if (pinned !== undefined) return this.#again(index, pinned, args, inner);
    const chosen = inner({ ...args, message: this.originals[index] ?? args.message });
    this.#chosen[index] = chosen;
    if (index === this.clones.length - 1) this.#guard(() => this.#stampAll());
    return chosen;
  }

  /** Messages are asked for in their order, so the next one is nearly always where the cursor stands. */
  #indexOf(message: MessagePort): number {
    if (this.clones[this.#cursor] !== message) this.#cursor = this.clones.indexOf(message);
    const index = this.#cursor;
    this.#cursor = index + 1 === this.clones.length ? 0 : index + 1;
    return index;
  }

  /** A retry. What was sent may be stored, so the choice stands, unless nobody leads there and any place would do. */
  #again(index: number, pinned: number | string, args: PartitionerArguments, inner: Partitioner): number | string {
    if (index === 0) this.#guard(() => this.#retry(args.partitionMetadata));
    const batch = this.#batchOfIndex[index];
    if (batch !== undefined || this.#batchOfIndex.length === 0) return pinned;
    const chosen = inner({ ...args, message: this.originals[index] ?? args.message });
    this.#chosen[index] = chosen;
    if (index === this.clones.length - 1) this.#guard(() => this.#restamp());
    return chosen;
  }

  /** A failure of ours must not fail the send: its messages go out bare, and their sequences are distrusted. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.batches = [];
      this.#batchOfIndex = [];
      for (let index = 0; index < this.clones.length; index += 1) {
        const clone = this.clones[index];
        if (clone !== undefined) restoreHeaders(clone, this.originals[index]);
      }
      this.#surroundings.failed(error);
    }
  }

  #retry(metadata: PartitionerArguments["partitionMetadata"]): void {
    this.retryCount += 1;
    for (const batch of this.batches) {
      const leader = metadata.find((entry) => entry.partitionId === batch.partition)?.leader;
      if (leader !== undefined && leader < 0 && batch.indexes.every((index) => isFree(this.originals[index]))) {
        this.#abandon(batch);
      } else {
        batch.run?.retried();
      }
    }
  }

  /** kafkajs alone would choose anew for each of these, so pinning them to a place without a leader would do harm. */
  #abandon(batch: PartitionBatch): void {
    batch.run?.uncertain();
    this.batches = this.batches.filter((other) => other !== batch);
    for (const index of batch.indexes) {
      this.#batchOfIndex[index] = undefined;
      const clone = this.clones[index];
      if (clone !== undefined && batch.run !== undefined) clone.headers = withoutStamp(clone.headers);
    }
  }

  #stampAll(): void {
    this.#batchOfIndex = Array.from({ length: this.clones.length });
    this.#stamp(this.clones.map((_, index) => index));
  }

  #restamp(): void {
    const free: number[] = [];
    for (let index = 0; index < this.clones.length; index += 1) {
      if (this.#batchOfIndex[index] === undefined) free.push(index);
    }
    this.#stamp(free);
  }

  #stamp(indexes: readonly number[]): void {
    const batches = this.#group(indexes);
    let most = 0;
    for (const index of indexes) most += mostBytesOf(this.clones[index] ?? {});
    const isSmall = most <= this.#surroundings.stampBatchBytes;
    for (const batch of batches) this.#stampBatch(batch, isSmall);
    this.batches.push(...batches);
  }

  #group(indexes: readonly number[]): readonly PartitionBatch[] {
    const batches = new Map<number, PartitionBatch>();
    for (const index of indexes) {
      const partition = Number(this.#chosen[index]);
      let batch = batches.get(partition);
      if (batch === undefined) {
        batch = { partition, indexes: [], run: undefined };
        batches.set(partition, batch);
      }
      batch.indexes.push(index);
      this.#batchOfIndex[index] = batch;
    }
    return [...batches.values()];
  }

  /** All of a batch or none of it: an unstamped message within would shift the offsets of those behind it. */
  #stampBatch(batch: PartitionBatch, isSmall: boolean): void {
    const { topic } = this;
    const copies = isSmall || this.#fits(batch) ? this.#copyHeaders(batch) : undefined;
    const run = copies === undefined ? undefined : this.#surroundings.openRun(topic, batch.partition);
    if (copies === undefined || run === undefined) return;
    batch.run = run;
    const { prefix } = run.ledger;
    for (let at = 0; at < copies.length; at += 1) {
      const index = batch.indexes[at] ?? 0;
      const clone = this.clones[index];
      const headers = copies[at];
      if (clone === undefined || headers === undefined) continue;
      const sequence = run.next();
      headers[stampHeader] = prefix + sequence;
      clone.headers = headers;
      this.#surroundings.stamped(run, sequence, this.originals[index] ?? clone, topic);
    }
  }

  #copyHeaders(batch: PartitionBatch): readonly Exclude<HeaderCopy, "as-is">[] | undefined {
    const copies: Exclude<HeaderCopy, "as-is">[] = [];
    for (const index of batch.indexes) {
      const copy = copyHeaders(this.clones[index]?.headers);
      if (copy === "as-is") return undefined;
      copies.push(copy);
    }
    return copies;
  }

  #fits(batch: PartitionBatch): boolean {
    let bytes = 0;
    for (const index of batch.indexes) bytes += bytesOf(this.clones[index] ?? {});
    return bytes <= this.#surroundings.stampBatchBytes;
  }
}

/** Sends messages that are already stamped to the partition they were stamped for. */
export class PinnedPartition implements PartitionChooser {
  readonly #partition: number;

  constructor(partition: number) {
    this.#partition = partition;
  }

  partitionFor(): number {
    return this.#partition;
  }
}

/**
 * A shallow copy that keeps the prototype, because a partitioner may call the message's methods. Never the user's own
 * object: the same one may be sent twice, at once, or be frozen.
 */
export function cloneOf(original: MessagePort, send: PartitionChooser): Clone {
  const prototype: unknown = Object.getPrototypeOf(original);
  if (prototype === Object.prototype) return { ...original, [sendOf]: send };
  const bare: object = Object.create(typeof prototype === "object" ? prototype : null);
  return Object.assign(bare, original, { [sendOf]: send });
}

/** Wraps a partitioner so that the messages of watched sends are asked for once and stamped. */
export function watchPartitioner(inner: Partitioner): Partitioner {
  return (args) => {
    const send: PartitionChooser | undefined = Reflect.get(args.message, sendOf);
    return send === undefined ? inner(args) : send.partitionFor(args, inner);
  };
}

function restoreHeaders(clone: Clone, original: MessagePort | undefined): void {
  if (original?.headers === undefined) delete clone.headers;
  else clone.headers = original.headers;
}

function isFree(message: MessagePort | undefined): boolean {
  return isNone(message?.key) && isNone(message?.partition);
}

function isNone(value: unknown): boolean {
  return value === undefined || value === null;
}
