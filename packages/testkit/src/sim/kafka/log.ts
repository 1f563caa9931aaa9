import type { Message } from "./truth.ts";

export interface LogRecord {
  readonly kind: "stamped" | "unstamped" | "foreign" | "control";
  readonly message: Message | undefined;
  readonly producerId: string | undefined;
  readonly sequence: number;
  /** The value of the one header, as it was put on the message. */
  readonly stamp: string | undefined;
  epoch: number;
}

/** One partition: a leader with its own end, a high watermark that may lag, a start that retention raises. */
export class SimLog {
  records: LogRecord[] = [];
  start = 0;
  epoch = 0;
  leader = 1;
  highWatermark = 0;
  /** While a follower is slow the high watermark stands still. */
  isLagging = false;
  /** Waiting for the high watermark (acks=all). */
  #waiting: { readonly end: number; readonly life: number; readonly done: (isCut: boolean) => void }[] = [];
  /** Rises when the topic is made again. */
  life = 0;

  get end(): number {
    return this.records.length;
  }

  append(record: Omit<LogRecord, "epoch">): number {
    const { kind, message, producerId, sequence, stamp } = record;
    this.records.push({ kind, message, producerId, sequence, stamp, epoch: this.epoch });
    if (message !== undefined) {
      message.copies += 1;
      message.appendedCount += 1;
    }
    return this.records.length - 1;
  }

  /** Replication catches up. */
  replicate(): void {
    if (this.isLagging) return;
    this.highWatermark = this.end;
    this.#answer();
  }

  whenReplicated(end: number, done: (isCut: boolean) => void): void {
    this.#waiting.push({ end, life: this.life, done });
    this.replicate();
  }

  /** Another leader, which has everything. */
  elect(): void {
    this.epoch += 1;
    this.leader = 1 + (this.leader % 3);
  }

  /** Another leader, which lacks what lies at or above `end`. */
  truncate(end: number): readonly Message[] {
    this.elect();
    const cut = this.#forget(this.records.slice(end));
    this.records.length = Math.min(this.records.length, end);
    this.highWatermark = Math.min(this.highWatermark, end);
    const lost = this.#waiting.filter((waiting) => waiting.end > end);
    this.#waiting = this.#waiting.filter((waiting) => waiting.end <= end);
    for (const waiting of lost) waiting.done(true);
    return cut;
  }

  recreate(): readonly Message[] {
    const cut = this.#forget(this.records.slice(this.start));
    this.records = [];
    this.start = 0;
    this.epoch = 0;
    this.highWatermark = 0;
    this.life += 1;
    const lost = this.#waiting;
    this.#waiting = [];
    for (const waiting of lost) waiting.done(true);
    return cut;
  }

  /** Retention raises the log start. Returns what is gone with it. */
  retain(start: number): readonly Message[] {
    const gone = this.#forget(this.records.slice(this.start, start));
    this.start = Math.max(this.start, start);
    return gone;
  }

  #forget(records: readonly LogRecord[]): readonly Message[] {
    const messages: Message[] = [];
    for (const { message } of records) {
      if (message === undefined) continue;
      message.copies -= 1;
      messages.push(message);
    }
    return messages;
  }

  #answer(): void {
    if (this.#waiting.length === 0) return;
    const due = this.#waiting.filter((waiting) => waiting.end <= this.highWatermark && waiting.life === this.life);
    this.#waiting = this.#waiting.filter((waiting) => waiting.end > this.highWatermark);
    for (const waiting of due) waiting.done(false);
  }
}
