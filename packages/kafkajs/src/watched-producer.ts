import type { Client } from "@seqwatch/client";
import type { Lane, SendRun } from "@seqwatch/core";
import { type ClusterPort, clusterIdOf } from "./cluster.ts";
import { bookNeverStamped } from "./never-stamped.ts";
import { type Omission, settleOmissions } from "./omissions.ts";
import type { ParsedSettings } from "./options.ts";
import type {
  MessagePort,
  ProducerPort,
  RecordMetadataPort,
  SendBatchPort,
  SenderPort,
  SendPort,
  TopicMessagesPort,
} from "./port.ts";
import { type PreparedSend, prepareSend } from "./prepare-send.ts";
import { bookCoverage, bookRejection, coverageOf, isTooLargeStamped } from "./send-outcome.ts";
import type { Streams } from "./streams.ts";
import { StuckWatch, stuckAfter } from "./stuck-watch.ts";
import type { SendSurroundings, TopicSend } from "./topic-send.ts";
import { bookUnstamped, countUnstamped, voidUnstamped } from "./unstamped-batches.ts";
import { watchTransaction } from "./watched-transaction.ts";
import { withinMs } from "./within.ts";

/** What a watched producer stands on. */
export interface ProducerSurroundings {
  readonly client: Client;
  readonly streams: Streams;
  readonly settings: ParsedSettings;
  readonly cluster: ClusterPort | undefined;
  /** The client library's own retry settings: a resend keeps within them. */
  readonly retries: number;
  readonly firstRetryMs: number;
  /** Sends on their way, retries included: what a flush waits for. */
  readonly inFlight: Map<Promise<unknown>, PreparedSend>;
}

/**
 * Watches one producer object in place: stamps what it sends and books what becomes of it. Its promises resolve and
 * reject as before, unless `onAckMissing` says otherwise.
 */
export class WatchedProducer {
  readonly surroundings: ProducerSurroundings;
  readonly producer: ProducerPort;
  readonly #original: SenderPort;
  readonly #sendSurroundings: SendSurroundings;
  #isNameMissingTold = false;
  readonly #stuckWatch = new StuckWatch();

  constructor(producer: ProducerPort, surroundings: ProducerSurroundings) {
    this.surroundings = surroundings;
    this.producer = producer;
    this.#original = sendersOf(producer);
    this.#sendSurroundings = this.#createSendSurroundings();
    this.#watchDisconnect(producer);
    const transaction = producer.transaction.bind(producer);
    producer.transaction = async () => watchTransaction(await transaction(), this);
    producer.send = (record) => this.send(record, this.#original, undefined);
    producer.sendBatch = (batch) => this.sendBatch(batch, this.#original, undefined);
  }

  /** `later` takes the outcome over, as a transaction does: nothing is acked before its commit. */
  send(
    record: SendPort,
    original: SenderPort,
    later: OutcomeTaker | undefined,
  ): Promise<readonly RecordMetadataPort[]> {
    const prepared = this.#prepare(() => [record]);
    const [topic] = prepared?.topicMessages ?? [];
    if (prepared === undefined || topic === undefined) return original.send(record);
    return this.#follow(
      original.send({ ...record, messages: topic.messages }),
      prepared,
      { isUnconfirmed: record.acks === 0, sendBare: () => original.send(record) },
      later ?? this.#taker(original, record),
    );
  }

  sendBatch(
    batch: SendBatchPort,
    original: SenderPort,
    later: OutcomeTaker | undefined,
  ): Promise<readonly RecordMetadataPort[]> {
    const prepared = this.#prepare(() => batch.topicMessages ?? []);
    if (prepared === undefined) return original.sendBatch(batch);
    const sent = original.sendBatch({ ...batch, topicMessages: prepared.topicMessages });
    const way = { isUnconfirmed: batch.acks === 0, sendBare: () => original.sendBatch(batch) };
    return this.#follow(sent, prepared, way, later ?? this.#taker(original, batch));
  }

  laneOf(topic: string, partition: number): Lane | undefined {
    const cluster = this.surroundings.client.cluster ?? clusterIdOf(this.surroundings.cluster);
    if (cluster === undefined) {
      this.#tellNameMissing();
      return undefined;
    }
    return { system: "kafka", cluster, destination: topic, partition: String(partition) };
  }

  /** Anything that kafkajs itself will refuse, or that is switched off, is not ours: undefined, nothing was touched. */
  #prepare(read: () => readonly TopicMessagesPort[]): PreparedSend | undefined {
    try {
      return prepareSend(read(), (topic) => this.surroundings.client.isRecording(topic), this.#sendSurroundings);
    } catch (error) {
      this.failed("preparing a send", error);
      return undefined;
    }
  }

  async #follow(
    sent: Promise<readonly RecordMetadataPort[]>,
    prepared: PreparedSend,
    way: Way,
    taker: OutcomeTaker,
  ): Promise<readonly RecordMetadataPort[]> {
    const followed = this.#settleOne(sent, prepared, way, taker);
    this.surroundings.inFlight.set(followed, prepared);
    try {
      return await followed;
    } finally {
      this.surroundings.inFlight.delete(followed);
    }
  }

  async #settleOne(
    sent: Promise<readonly RecordMetadataPort[]>,
    prepared: PreparedSend,
    { isUnconfirmed, sendBare }: Way,
    taker: OutcomeTaker,
  ): Promise<readonly RecordMetadataPort[]> {
    let answer: readonly RecordMetadataPort[];
    try {
      answer = await sent;
    } catch (error) {
      const isOurs = this.guard("reading a rejection", () => isTooLargeStamped(error, prepared.sends)) === true;
      const resent = isOurs ? await this.#sendUnstamped(prepared, sendBare) : undefined;
      if (resent !== undefined) return resent;
      taker.rejected(prepared.sends, error);
      this.guard("noting a rejection", () => this.#noteRejection(error, prepared.sends));
      this.guard("booking a rejection", () => {
        bookNeverStamped(prepared.sends, this.#sendSurroundings);
        voidUnstamped(prepared.sends, error, this.#sendSurroundings);
      });
      throw error;
    }
    this.guard("noting an answer", () => this.#stuckWatch.resolved(prepared.sends));
    this.guard("booking an answer", () => countUnstamped(prepared.sends, this.#sendSurroundings));
    const told = taker.resolved(prepared.sends, answer, isUnconfirmed);
    // A consumer that meets the second copy of a retried message asks the ledger whose it is.
    if (prepared.sends.some(({ retryCount }) => retryCount > 0)) this.surroundings.streams.reportSoon();
    return await told;
  }

  /** The messages as the application gave them, once; undefined where they are refused all the same. */
  async #sendUnstamped(
    { sends }: PreparedSend,
    sendBare: Way["sendBare"],
  ): Promise<readonly RecordMetadataPort[] | undefined> {
    let answer: readonly RecordMetadataPort[];
    try {
      answer = await sendBare();
    } catch (error) {
      if (isTooLargeStamped(error, sends)) return undefined;
      this.guard("booking a rejection", () => bookUnstamped(sends, this.#sendSurroundings));
      throw error;
    }
    this.guard("booking an answer", () => bookUnstamped(sends, this.#sendSurroundings));
    return answer;
  }

  /** Books outcomes at once: for sends outside of a transaction. */
  #taker(original: SenderPort, settings: SendBatchPort): OutcomeTaker {
    return {
      resolved: async (sends, answer, isUnconfirmed) => {
        const omissions = this.guard("booking an answer", () => bookAnswer(sends, answer, isUnconfirmed)) ?? [];
        if (omissions.length === 0) return answer;
        return await settleOmissions(omissions, { answer, original, settings, producer: this });
      },
      rejected: (sends, error) => {
        this.guard("booking a rejection", () => bookRejection(error, sends));
      },
    };
  }

  /** Booking that fails is ours alone: the application hears nothing of it, and no finding rests on it. */
  failed(where: string, error: unknown): void {
    try {
      this.surroundings.streams.distrust();
    } finally {
      this.surroundings.client.failed(where, error);
    }
  }

  guard<T>(where: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.failed(where, error);
      return undefined;
    }
  }

  #watchDisconnect(producer: ProducerPort): void {
    const disconnect = producer.disconnect.bind(producer);
    const { client, streams } = this.surroundings;
    producer.disconnect = async () => {
      try {
        await disconnect();
      } finally {
        streams.release(this);
        await withinMs(client, disconnectLimitMs, streams.reportNow());
      }
    };
  }

  #createSendSurroundings(): SendSurroundings {
    const { streams, settings } = this.surroundings;
    return {
      stampBatchBytes: settings.stampBatchBytes,
      openRun: (topic, partition) => {
        const lane = isPartition(partition) ? this.laneOf(topic, partition) : undefined;
        return lane === undefined ? undefined : streams.openRun(this, lane);
      },
      unaudited: (topic, partition, count) => {
        const lane = isPartition(partition) ? this.laneOf(topic, partition) : undefined;
        if (lane !== undefined) streams.bookUnaudited(this, lane, count);
      },
      failed: (error) => this.failed("stamping a send", error),
      stamped: (run, sequence, message, topic) => this.#remember(run, sequence, message, topic),
    };
  }

  #remember(run: SendRun, sequence: number, message: MessagePort, topic: string): void {
    const { client, streams, settings } = this.surroundings;
    if (settings.reference === undefined) return;
    try {
      const text = settings.reference(message, topic);
      if (typeof text === "string") streams.references.remember(run.ledger, sequence, settings.hide(text));
    } catch (error) {
      client.failedOutside("the option reference", error);
    }
  }

  #noteRejection(error: unknown, sends: readonly TopicSend[]): void {
    if (!this.#stuckWatch.rejected(error, sends)) return;
    const text = `An idempotent producer was refused ${stuckAfter} times in a row for its sequence number; kafkajs does not recover from this by itself. Make a new producer.`;
    this.surroundings.client.notice({ kind: "warning", code: "producer-stuck", text });
    this.surroundings.streams.reportSoon();
  }

  #tellNameMissing(): void {
    if (this.#isNameMissingTold) return;
    this.#isNameMissingTold = true;
    const text =
      "The brokers' name for their cluster cannot be seen in this kafkajs: set the option cluster. Nothing is stamped.";
    this.surroundings.client.notice({ kind: "warning", code: "cluster-unnamed", text });
  }
}

/** How a send goes out. */
interface Way {
  /** It did not ask for an answer (acks=0). */
  readonly isUnconfirmed: boolean;
  /** Sends what the application gave, as it is. */
  readonly sendBare: () => Promise<readonly RecordMetadataPort[]>;
}

/** Who books what became of a send. */
export interface OutcomeTaker {
  resolved(
    sends: readonly TopicSend[],
    answer: readonly RecordMetadataPort[],
    isUnconfirmed: boolean,
  ): Promise<readonly RecordMetadataPort[]>;
  rejected(sends: readonly TopicSend[], error: unknown): void;
}

/** Books an answer and returns what it left out. `isUnconfirmed`: the send did not ask for one (acks=0). */
export function bookAnswer(
  sends: readonly TopicSend[],
  answer: readonly RecordMetadataPort[],
  isUnconfirmed: boolean,
): Omission[] {
  const omissions: Omission[] = [];
  for (const send of sends) {
    for (const batch of send.batches) {
      if (batch.run === undefined) continue;
      if (isUnconfirmed) {
        batch.run.told();
        continue;
      }
      const coverage = coverageOf(send.topic, batch.partition, answer);
      if (coverage.kind === "omitted") omissions.push({ send, batch, run: batch.run });
      else bookCoverage(batch.run, coverage);
    }
  }
  return omissions;
}

function isPartition(partition: number): boolean {
  return Number.isSafeInteger(partition) && partition >= 0;
}

function sendersOf(producer: ProducerPort): SenderPort {
  return { send: producer.send.bind(producer), sendBatch: producer.sendBatch.bind(producer) };
}

const disconnectLimitMs = 250;
