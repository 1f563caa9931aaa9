import type { Client } from "@seqwatch/client";
import { StampReader, stampHeader } from "@seqwatch/core";
import { type Carrier, createCarrier, numberCopy } from "./carrier.ts";
import { Confirms } from "./confirms.ts";
import type { OutStream } from "./out-stream.ts";
import type { Below } from "./override.ts";
import { isConfirm, isMessage, transportOf } from "./ports.ts";
import type { Publisher } from "./publisher.ts";
import type { Republished } from "./republished.ts";

export interface SenderOptions {
  readonly client: Client;
  readonly publisher: Publisher;
  readonly republished: Republished;
  readonly cluster: string;
  readonly confirms: boolean;
}

/** The publishing side of one channel. Nothing here waits, and nothing of ours reaches the application as an error. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #confirms: Confirms | undefined;
  readonly #maxTableBytes: number;
  readonly #reader = new StampReader();

  constructor(channel: object, options: SenderOptions) {
    this.#options = options;
    this.#confirms = options.confirms ? new Confirms(() => options.client.host.nowMs()) : undefined;
    if (this.#confirms !== undefined) options.publisher.watchConfirms(channel, this.#confirms);
    this.#maxTableBytes = maxTableBytesOf(channel);
  }

  /** Publishes with our stamp where the message can carry one, else just as it was given. */
  publish(below: Below, args: readonly unknown[]): unknown {
    const [exchange, routingKey, , options] = args;
    if (typeof exchange !== "string" || typeof routingKey !== "string" || !this.#options.client.isRecording(exchange))
      return this.#publishBare(below, args);
    const carrier = this.#carrierOf(options);
    const stream = this.#streamOf(exchange, routingKey);
    if (stream === undefined) return this.#publishBare(below, args);
    if (carrier === undefined) return this.#publishUnaudited(below, args, stream);
    const to = { stream, carrier, exchange, routingKey };
    const stamped = this.#stamp(to, args);
    if (stamped === undefined) return this.#publishBare(below, args);
    return this.#publishStamped(below, args, { ...to, ...stamped });
  }

  /** Takes in an event of the channel before anyone else hears it. True: nobody else is to hear it. */
  event(name: unknown, value: unknown): boolean {
    if (name === "return") return this.#returned(value);
    if ((name === "ack" || name === "nack") && isConfirm(value))
      this.#confirms?.answered(value.deliveryTag, value.multiple, name === "ack");
    else if (name === "close") {
      this.#options.republished.remember(this.#confirms?.close() ?? []);
      this.#options.publisher.forgetConfirms(this.#confirms);
    }
    return false;
  }

  /** Puts the next stamp on the message, or the one that it had before. undefined = that failed, and it goes out bare. */
  #stamp(to: Stamping, [, , content, options]: readonly unknown[]): Stamped | undefined {
    const { stream, carrier, exchange, routingKey } = to;
    try {
      const kept = this.#options.republished.take(stream, content, options, exchange, routingKey);
      const sequence = kept?.sequence ?? stream.ledger.take();
      const copy = kept?.copy ?? 1;
      const stamp = stream.ledger.prefix + sequence;
      carrier.headers[stampHeader] = stamp;
      numberCopy(carrier.headers, copy, this.#maxTableBytes);
      return { isAgain: kept !== undefined, copy, sequence, stamp };
    } catch (error) {
      this.#options.publisher.failed("stamping a message", error);
      return undefined;
    }
  }

  #publishStamped(below: Below, args: readonly unknown[], to: Stamping & Stamped): unknown {
    const [, , content, , confirmed] = args;
    const { stream, carrier, exchange, routingKey, isAgain, sequence } = to;
    let answer: unknown;
    try {
      answer = below([exchange, routingKey, content, carrier.options, confirmed]);
    } catch (error) {
      // Nothing was written: amqplib encodes first. A republished message that is refused stays uncertain.
      this.#guard("taking a sequence back", () => void (!isAgain && stream.ledger.untake(sequence)));
      if (!(error instanceof RangeError)) throw error;
      return this.#publishUnaudited(below, args, stream);
    }
    this.#guard("booking a publish", () => this.#book(to, args));
    return answer;
  }

  /** It is on its way: nothing that fails from here on is the application's to hear. */
  #book(
    { stream, sequence, copy, isAgain, stamp, carrier, exchange, routingKey }: Stamping & Stamped,
    args: readonly unknown[],
  ) {
    const [, , content, options] = args;
    const { ledger } = stream;
    if (this.#confirms !== undefined) {
      const askedFor = carrier.asksForReturn ? stamp : undefined;
      const held = this.#confirms.hold(content);
      this.#confirms.published({ stream, sequence, copy, exchange, routingKey, content: held, options, askedFor });
    }
    if (isAgain) ledger.bookRetried(sequence, sequence);
    if (carrier.isTransient) ledger.bookTransient(sequence);
    if (carrier.expiresAfterMs !== undefined) ledger.bookExpiring(sequence, carrier.expiresAfterMs);
    if (this.#confirms === undefined) {
      ledger.bookTold(sequence, sequence);
      this.#options.publisher.publishedPlain(exchange, routingKey);
    }
    this.#options.publisher.refer(stream, sequence, content, exchange, routingKey);
  }

  #publishUnaudited(below: Below, args: readonly unknown[], stream: OutStream): unknown {
    const answer = this.#publishBare(below, args);
    this.#guard("counting a publish", () => stream.ledger.bookUnaudited(1));
    return answer;
  }

  #publishBare(below: Below, args: readonly unknown[]): unknown {
    const answer = below(args);
    this.#guard("counting a publish", () => this.#confirms?.published(undefined));
    return answer;
  }

  #guard(where: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.publisher.failed(where, error);
    }
  }

  #carrierOf(options: unknown): Carrier | undefined {
    try {
      const forceMandatory = this.#confirms !== undefined;
      return createCarrier(options, { maxTableBytes: this.#maxTableBytes, forceMandatory });
    } catch {
      // A getter of the user's that throws: amqplib meets it too, and throws it where it belongs.
      return undefined;
    }
  }

  #streamOf(exchange: string, routingKey: string): OutStream | undefined {
    try {
      return this.#options.publisher.streamOf(this.#options.cluster, exchange, routingKey, this.#options.confirms);
    } catch (error) {
      this.#options.publisher.failed("opening a stream", error);
      return undefined;
    }
  }

  /** True for a return that only we asked for. */
  #returned(message: unknown): boolean {
    if (!isMessage(message)) return false;
    const stamp = message.properties.headers?.[stampHeader];
    const sequence = this.#reader.read(stamp);
    if (sequence === 0 || typeof stamp !== "string") return false;
    const { exchange, routingKey } = message.fields;
    const { publisher, cluster } = this.#options;
    const stream = publisher.findStream(cluster, exchange, routingKey, this.#reader.producerId);
    if (stream === undefined) return false;
    publisher.returned(stream, sequence);
    return this.#confirms !== undefined && !this.#confirms.isAskedFor(stamp);
  }
}

/** A message that can be stamped, and where it goes. */
interface Stamping {
  readonly stream: OutStream;
  readonly carrier: Carrier;
  readonly exchange: string;
  readonly routingKey: string;
}

interface Stamped {
  /** It was published before, under the same sequence. */
  readonly isAgain: boolean;
  /** Which of its copies it is, from 1. */
  readonly copy: number;
  readonly sequence: number;
  readonly stamp: string;
}

/**
 * What a header table may take: amqplib encodes it in 64 KiB (before 2.3.1 it cut what was more, without a word), and
 * the whole properties frame must fit into the negotiated frame.
 */
function maxTableBytesOf(channel: object): number {
  const frameMax = transportOf(channel)?.["frameMax"];
  return Math.min(65_536, typeof frameMax === "number" ? frameMax : 65_536) - otherPropertiesBytes;
}

/** Ten short strings of at most 256 bytes, flags, numbers and the frame's own bytes. */
const otherPropertiesBytes = 2_640;
