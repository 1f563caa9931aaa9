import { holdsOpen } from "@seqwatch/client";
import { type BatchAccount, originHeader, StampReader, stampHeader } from "@seqwatch/core";
import type { AssignedLane } from "./assigned-lane.ts";
import { outcomeAt } from "./batch-outcome.ts";
import type { DuplicateGuard } from "./duplicate-guard.ts";
import type { EachBatchPayloadPort, EachMessagePayloadPort, ReceivedMessage, RunConfigPort } from "./port.ts";
import { endTrace, type ReadingTrace, traceReading } from "./watched-messages.ts";

/** What is booked of a message. */
type BookedOutcome = "processed" | "left" | "unknown";

type Handler<Payload> = (payload: Payload) => unknown;

/** Wraps the handlers that an application gives to `run`. Lanes without an open account pass through. */
export class HandlerWatch {
  readonly #laneAt: (topic: string, partition: number) => AssignedLane | undefined;
  readonly #failed: (error: unknown) => void;
  readonly #reader = new StampReader();
  /** Whether the last sequence was that of a copy which came back with another lane's stamp. */
  #cameBack = false;

  /** `failed` hears of what went wrong in here: the application's handler never does. */
  constructor(
    laneAt: (topic: string, partition: number) => AssignedLane | undefined,
    failed: (error: unknown) => void,
  ) {
    this.#laneAt = laneAt;
    this.#failed = failed;
  }

  /** A copy of the configuration with wrapped handlers; what is no function is left to kafkajs's own errors. */
  wrap(config: RunConfigPort | undefined): RunConfigPort | undefined {
    if (typeof config !== "object" || config === null) return config;
    const { eachMessage, eachBatch } = config;
    return {
      ...config,
      ...(typeof eachMessage === "function" ? { eachMessage: this.#eachMessage(eachMessage) } : {}),
      ...(typeof eachBatch === "function"
        ? { eachBatch: this.#eachBatch(eachBatch, config.eachBatchAutoResolve ?? true) }
        : {}),
    };
  }

  #eachMessage(handler: Handler<EachMessagePayloadPort>): Handler<EachMessagePayloadPort> {
    const laneAt = this.#laneAt;
    const book = this.#bookSafely.bind(this);
    const mustSkip = this.#mustSkip.bind(this);
    return async function (this: unknown, payload: EachMessagePayloadPort): Promise<void> {
      const lane = laneAt(payload.topic, payload.partition);
      const account = lane?.account;
      if (lane === undefined || account === undefined) {
        await Reflect.apply(handler, this, [payload]);
        return;
      }
      const { message } = payload;
      const offset = Number(message.offset);
      const skips = lane.guard === undefined ? false : await mustSkip(lane.guard, message, offset);
      const { member } = lane;
      if (member.workingOffset !== offset) member.failedTries = 0;
      member.workingOffset = offset;
      try {
        if (!skips) await Reflect.apply(handler, this, [payload]);
      } catch (error) {
        // It passes through; kafkajs then fetches from this message on, so nothing is booked for it.
        member.failedTries += 1;
        member.testimony.failed();
        throw error;
      }
      member.workingOffset = -1;
      if (skips) member.testimony.totals.skipped += 1;
      book(lane, account, message, offset, "processed");
    };
  }

  #eachBatch(handler: Handler<EachBatchPayloadPort>, isAutoResolved: boolean): Handler<EachBatchPayloadPort> {
    const laneAt = this.#laneAt;
    const book = this.#bookSafely.bind(this);
    const guard = this.#guard.bind(this);
    return async function (this: unknown, payload: EachBatchPayloadPort): Promise<void> {
      const lane = laneAt(payload.batch.topic, payload.batch.partition);
      const account = lane?.account;
      if (lane === undefined || account === undefined) {
        await Reflect.apply(handler, this, [payload]);
        return;
      }
      const bookOne = (message: ReceivedMessage, outcome: BookedOutcome): void =>
        book(lane, account, message, Number(message.offset), outcome);
      const work = guard(lane, account, () => new BatchWork(payload, isAutoResolved, bookOne));
      if (work === undefined) {
        await Reflect.apply(handler, this, [payload]);
        return;
      }
      const { member } = lane;
      const first = Number(payload.batch.firstOffset() ?? -1);
      if (member.workingOffset !== first) member.failedTries = 0;
      member.workingOffset = first;
      let hasThrown = true;
      try {
        await Reflect.apply(handler, this, [work.payload]);
        hasThrown = false;
        member.workingOffset = -1;
      } finally {
        if (hasThrown) {
          member.failedTries += 1;
          member.testimony.failed();
        }
        guard(lane, account, () => work.end(hasThrown));
      }
    };
  }

  /**
   * The sequence of a message's stamp, 0 = none. A copy that came back by way of another topic, with a stamp of that
   * topic, counts as the message that it was here first.
   */
  #sequenceOf(message: ReceivedMessage, laneHash: string): number {
    const sequence = this.#reader.read(message.headers?.[stampHeader]);
    this.#cameBack = false;
    if (sequence === 0 || this.#reader.laneHash === laneHash) return sequence;
    const origin = this.#reader.read(message.headers?.[originHeader]);
    this.#cameBack = origin !== 0 && this.#reader.laneHash === laneHash;
    if (this.#cameBack) return origin;
    return this.#reader.read(message.headers?.[stampHeader]);
  }

  async #mustSkip(guard: DuplicateGuard, message: ReceivedMessage, offset: number): Promise<boolean> {
    try {
      const sequence = this.#reader.read(message.headers?.[stampHeader]);
      if (sequence === 0 || this.#reader.laneHash !== guard.laneHash) return false;
      return await guard.mustSkip({ message, offset, producerId: this.#reader.producerId, sequence });
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** What fails here must not look like a failure of the application's handler: kafkajs would deliver it all again. */
  #bookSafely(
    lane: AssignedLane,
    account: BatchAccount,
    message: ReceivedMessage,
    offset: number,
    outcome: BookedOutcome,
  ): void {
    try {
      this.#book(lane, account, message, offset, outcome);
    } catch (error) {
      this.#distrust(lane, account, error);
    }
  }

  #guard<T>(lane: AssignedLane, account: BatchAccount, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#distrust(lane, account, error);
      return undefined;
    }
  }

  /** Nothing may be concluded from an account that missed something. */
  #distrust(lane: AssignedLane, account: BatchAccount, error: unknown): void {
    try {
      account.abandon();
      lane.distrust();
    } finally {
      this.#failed(error);
    }
  }

  #book(
    lane: AssignedLane,
    account: BatchAccount,
    message: ReceivedMessage,
    offset: number,
    outcome: BookedOutcome,
  ): void {
    const sequence = this.#sequenceOf(message, lane.member.laneHash);
    const producerId = sequence === 0 ? undefined : this.#reader.producerId;
    const isForeign = sequence !== 0 && this.#reader.laneHash !== lane.member.laneHash;
    const epoch = message.batchContext?.partitionLeaderEpoch ?? -1;
    if (outcome === "processed") {
      const isOurs = producerId !== undefined && !isForeign;
      const stamp = isOurs ? { producerId, sequence } : { producerId: undefined, sequence: 0 };
      const isOpen = holdsOpen(message, (hasFailed) => {
        const settled = { kind: hasFailed ? "left" : "processed", epoch, ...stamp } as const;
        this.#guard(lane, account, () => account.settle(offset, settled));
      });
      if (isOpen) {
        account.unknown(offset);
      } else {
        account.processed(offset, epoch, producerId, sequence, isForeign);
        if (isOurs && lane.isAtWork(account)) lane.guard?.processed({ message, offset, producerId, sequence });
        // A watched forwarder gave the copy a stamp of its own: it is a stream's message here, and a copy all the same.
        if (isOurs && !this.#cameBack && message.headers?.[originHeader] !== undefined)
          lane.member.testimony.totals.forwarded += 1;
      }
    } else if (outcome === "left") {
      account.left(offset, producerId, sequence, isForeign);
    } else {
      account.unknown(offset);
    }
    if (lane.account === account) lane.booked(offset);
  }
}

/** One call of an `eachBatch` handler: what it resolves and how it reads and ends decides what became of each message. */
class BatchWork {
  /** What the handler gets: the same batch, with its questions and answers listened to. */
  readonly payload: EachBatchPayloadPort;
  readonly #messages: readonly ReceivedMessage[];
  readonly #visible: readonly ReceivedMessage[];
  readonly #reading: ReadingTrace;
  readonly #isAutoResolved: boolean;
  readonly #book: (message: ReceivedMessage, outcome: BookedOutcome) => void;
  #resolvedCount = 0;
  #stoppedAt: number | undefined;

  constructor(
    payload: EachBatchPayloadPort,
    isAutoResolved: boolean,
    book: (message: ReceivedMessage, outcome: BookedOutcome) => void,
  ) {
    this.#messages = payload.batch.messages;
    this.#visible = this.#messages.slice();
    this.#isAutoResolved = isAutoResolved;
    this.#book = book;
    this.#reading = traceReading(this.#messages);
    this.payload = {
      ...payload,
      resolveOffset: (offset) => {
        payload.resolveOffset(offset);
        this.#resolved(Number(offset));
      },
      isRunning: () => this.#asked(payload.isRunning(), true),
      isStale: () => this.#asked(payload.isStale(), false),
    };
  }

  end(hasThrown: boolean): void {
    endTrace(this.#messages);
    const end = {
      hasThrown,
      isAutoResolved: this.#isAutoResolved,
      resolvedCount: this.#resolvedCount,
      messageCount: this.#visible.length,
      reading: { ...this.#reading },
      stoppedAt: this.#stoppedAt,
    };
    for (let index = this.#resolvedCount; index < this.#visible.length; index += 1) {
      const message = this.#visible[index];
      const outcome = outcomeAt(index, end);
      if (message === undefined || outcome === "refetched") return;
      this.#book(message, outcome);
    }
  }

  /** The application says that it is done up to here. */
  #resolved(offset: number): void {
    for (let index = this.#resolvedCount; index < this.#visible.length; index += 1) {
      const message = this.#visible[index];
      if (message === undefined || Number(message.offset) > offset) return;
      this.#book(message, "processed");
      this.#resolvedCount = index + 1;
    }
  }

  #asked(answer: boolean, goOn: boolean): boolean {
    if (answer !== goOn) this.#stoppedAt ??= this.#reading.yielded;
    return answer;
  }
}
