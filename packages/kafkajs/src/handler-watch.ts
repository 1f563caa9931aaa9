import { type BatchAccount, StampReader, stampHeader } from "@seqwatch/core";
import type { AssignedLane } from "./assigned-lane.ts";
import { outcomeAt } from "./batch-outcome.ts";
import type { EachBatchPayloadPort, EachMessagePayloadPort, ReceivedMessage, RunConfigPort } from "./port.ts";
import { endTrace, type ReadingTrace, traceReading } from "./watched-messages.ts";

type Handler<Payload> = (payload: Payload) => unknown;

/** Wraps the handlers that an application gives to `run`. Lanes without an open account pass through. */
export class HandlerWatch {
  readonly #laneAt: (topic: string, partition: number) => AssignedLane | undefined;
  readonly #reader = new StampReader();

  constructor(laneAt: (topic: string, partition: number) => AssignedLane | undefined) {
    this.#laneAt = laneAt;
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
    const book = this.#book.bind(this);
    return async function (this: unknown, payload: EachMessagePayloadPort): Promise<void> {
      const lane = laneAt(payload.topic, payload.partition);
      const account = lane?.account;
      if (lane === undefined || account === undefined) {
        await Reflect.apply(handler, this, [payload]);
        return;
      }
      const { message } = payload;
      const offset = Number(message.offset);
      lane.member.workingOffset = offset;
      try {
        // A rejection passes through; kafkajs then fetches from this message on, so nothing is booked for it.
        await Reflect.apply(handler, this, [payload]);
      } finally {
        lane.member.workingOffset = -1;
      }
      book(lane, account, message, offset, "processed");
    };
  }

  #eachBatch(handler: Handler<EachBatchPayloadPort>, isAutoResolved: boolean): Handler<EachBatchPayloadPort> {
    const laneAt = this.#laneAt;
    const book = this.#book.bind(this);
    return async function (this: unknown, payload: EachBatchPayloadPort): Promise<void> {
      const lane = laneAt(payload.batch.topic, payload.batch.partition);
      const account = lane?.account;
      if (lane === undefined || account === undefined) {
        await Reflect.apply(handler, this, [payload]);
        return;
      }
      const work = new BatchWork(payload, isAutoResolved, (message, outcome) =>
        book(lane, account, message, Number(message.offset), outcome),
      );
      lane.member.workingOffset = Number(payload.batch.firstOffset() ?? -1);
      let hasThrown = true;
      try {
        await Reflect.apply(handler, this, [work.payload]);
        hasThrown = false;
      } finally {
        lane.member.workingOffset = -1;
        work.end(hasThrown);
      }
    };
  }

  #book(
    lane: AssignedLane,
    account: BatchAccount,
    message: ReceivedMessage,
    offset: number,
    outcome: "processed" | "left" | "unknown",
  ): void {
    const sequence = this.#reader.read(message.headers?.[stampHeader]);
    const producerId = sequence === 0 ? undefined : this.#reader.producerId;
    const isForeign = sequence !== 0 && this.#reader.laneHash !== lane.member.laneHash;
    if (outcome === "processed") {
      account.processed(offset, message.batchContext?.partitionLeaderEpoch ?? -1, producerId, sequence, isForeign);
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
  readonly #book: (message: ReceivedMessage, outcome: "processed" | "left" | "unknown") => void;
  #resolvedCount = 0;
  #stoppedAt: number | undefined;

  constructor(
    payload: EachBatchPayloadPort,
    isAutoResolved: boolean,
    book: (message: ReceivedMessage, outcome: "processed" | "left" | "unknown") => void,
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
