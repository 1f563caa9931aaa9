import type { Verdict } from "@seqwatch/core";

/** What really happened to one message. */
export interface Message {
  readonly producerId: string;
  readonly sequence: number;
  readonly sentAtMs: number;
  /** Acked, or told to the application as sent. */
  promised: boolean;
  /** Copies that lie in the log now, and those that ever did. */
  copies: number;
  appendedCount: number;
  /** By group: when a member first processed it; Infinity = never. */
  readonly processedAtMs: number[];
  /** What a confirmed loss must be called, where only one verdict is right; by group, and at the stream. */
  readonly verdictIn: (Verdict | "either" | undefined)[];
  verdict: Verdict | undefined;
  /** It was given up, jumped over, or appended late: processing it after all withdraws a loss that was one. */
  isExcused: boolean;
  /** Appended after the producer was told that it is over: below no bracket, and withdrawn when it turns up. */
  isLate: boolean;
  /** Nobody can have testified about it (broken off, uncertain). */
  isUntestified: boolean;
  readonly story: string[];
}

export class Truth {
  readonly streams = new Map<string, (Message | undefined)[]>();
  readonly groupCount: number;
  readonly isTracing: boolean;
  count = 0;

  constructor(groupCount: number, isTracing: boolean) {
    this.groupCount = groupCount;
    this.isTracing = isTracing;
  }

  meet(producerId: string, sequence: number, nowMs: number): Message {
    const message: Message = {
      producerId,
      sequence,
      sentAtMs: nowMs,
      promised: false,
      copies: 0,
      appendedCount: 0,
      processedAtMs: this.groupCount === 1 ? [never] : [never, never],
      verdictIn: this.groupCount === 1 ? [undefined] : [undefined, undefined],
      verdict: undefined,
      isExcused: false,
      isLate: false,
      isUntestified: false,
      story: this.isTracing ? [] : noStory,
    };
    const stream = this.streams.get(producerId);
    // Sequence 0 is nobody's: a list without holes at its end stays a dense one.
    if (stream === undefined) this.streams.set(producerId, [undefined, message]);
    else stream[sequence] = message;
    this.count += 1;
    return message;
  }

  find(producerId: string, sequence: number): Message | undefined {
    return this.streams.get(producerId)?.[sequence];
  }
}

const never = Number.POSITIVE_INFINITY;
/** Shared by all messages of a run that nobody reads about. */
const noStory: string[] = [];
