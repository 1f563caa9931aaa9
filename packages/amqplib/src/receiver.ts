import type { Client } from "@seqwatch/client";
import { holdsOpen } from "@seqwatch/client";
import { finishDelivery, type Settlement, Unsettled } from "@seqwatch/core";
import type { Consumers } from "./consumers.ts";
import type { DuplicateGuard } from "./duplicate-guard.ts";
import { callAndTell } from "./outcome.ts";
import type { Below } from "./override.ts";
import type { PartitionOf } from "./partition.ts";
import { type Api, isMessage, isObject, type Message } from "./ports.ts";
import type { Held, QueueConsumer } from "./queue-consumer.ts";
import { handleWithoutAck } from "./without-ack.ts";

export interface ReceiverOptions {
  readonly client: Client;
  readonly consumers: Consumers;
  readonly partitionOf: PartitionOf;
  readonly cluster: string;
  readonly api: Api;
  /** With `onDuplicate: "skip"`. */
  readonly guard: DuplicateGuard | undefined;
  /** Acknowledges a message as the application would. */
  readonly acknowledge: (message: Message) => void;
}

/** The consuming side of one channel: its consumers, its `get`s, and the deliveries that wait to be settled. */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #unsettled = new Unsettled<Held>((held) => this.#acked(held));
  readonly #byTag = new Map<string, QueueConsumer>();
  readonly #getters = new Map<string, QueueConsumer>();
  readonly #open = new Set<QueueConsumer>();
  /** What an empty queue name means on this channel. */
  #lastQueue = "";

  readonly #how: { readonly api: Api; readonly failed: (error: unknown) => void };

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#how = { api: options.api, failed: (error) => options.client.failed("an answer of the broker", error) };
  }

  consume(below: Below, args: readonly unknown[]): unknown {
    const [queue, handler, options] = args;
    if (typeof queue !== "string" || !isHandler(handler)) return below(args);
    const consumer = this.#guard("opening a consumer", () => this.#openConsumer(queue, "consume"));
    if (consumer === undefined) return below(args);
    const noAck = isObject(options) && Boolean(options["noAck"]);
    const watched = (message: unknown): unknown => this.#handle(consumer, noAck, handler, message);
    const replaced = [queue, watched, ...args.slice(2)];
    return callAndTell(below, replaced, { ...this.#how, callbackAt: 3 }, (outcome) => {
      if (outcome.kind === "failed") return this.#end(consumer);
      const tag = isObject(outcome.value) ? outcome.value["consumerTag"] : undefined;
      if (typeof tag === "string") this.#byTag.set(tag, consumer);
    });
  }

  cancel(below: Below, args: readonly unknown[]): unknown {
    return callAndTell(below, args, { ...this.#how, callbackAt: 1 }, (outcome) => {
      const [tag] = args;
      const consumer = typeof tag === "string" ? this.#byTag.get(tag) : undefined;
      if (outcome.kind === "failed" || consumer === undefined || typeof tag !== "string") return;
      this.#byTag.delete(tag);
      this.#end(consumer);
    });
  }

  get(below: Below, args: readonly unknown[]): unknown {
    const [queue, options] = args;
    if (typeof queue !== "string") return below(args);
    const getter = this.#guard("opening a consumer", () => this.#getterOf(queue));
    if (getter === undefined) return below(args);
    const noAck = isObject(options) && Boolean(options["noAck"]);
    return callAndTell(below, args, { ...this.#how, callbackAt: 2 }, (outcome) => {
      if (outcome.kind !== "done" || !isMessage(outcome.value)) return;
      const held = this.#deliver(getter, noAck, outcome.value);
      if (noAck) held?.account.processed(held.producerId, held.sequence);
    });
  }

  /** ack, nack and reject of one message, or of all up to it. */
  settle(below: Below, args: readonly unknown[], multiple: boolean, settlement: Settlement): unknown {
    const answer = below(args);
    const [message] = args;
    if (isMessage(message)) {
      const tag = message.fields.deliveryTag;
      this.#guard("settling a delivery", () => this.#unsettled.settle(tag, multiple, settlement));
    }
    return answer;
  }

  settleAll(below: Below, args: readonly unknown[], settlement: Settlement): unknown {
    const answer = below(args);
    this.#guard("settling a delivery", () => this.#unsettled.settle(0, true, settlement));
    return answer;
  }

  /** The broker puts back what was open at the call; what it delivers before its answer has a higher tag. */
  recover(below: Below, args: readonly unknown[]): unknown {
    const highest = this.#unsettled.highestTag;
    return callAndTell(below, args, { ...this.#how, callbackAt: 0 }, (outcome) => {
      if (outcome.kind === "done" && highest > 0) this.#unsettled.settle(highest, true, "requeued");
    });
  }

  /** A declaration, whose queue an empty name means from now on. */
  declare(below: Below, args: readonly unknown[], callbackAt: number): unknown {
    return callAndTell(below, args, { ...this.#how, callbackAt }, (outcome) => {
      const queue = outcome.kind === "done" && isObject(outcome.value) ? outcome.value["queue"] : undefined;
      if (typeof queue !== "string") return;
      this.#lastQueue = queue;
      this.#options.consumers.know(this.#options.cluster, queue);
    });
  }

  /** A call that changes what reaches a queue: in doubt from before it is made until after it is answered. */
  changeQueue(below: Below, args: readonly unknown[], callbackAt: number): unknown {
    const { consumers, cluster } = this.#options;
    const queue = this.#nameOf(args[0]);
    this.#guard("doubting a queue", () => consumers.doubt(cluster, queue));
    return callAndTell(below, args, { ...this.#how, callbackAt }, () => consumers.doubt(cluster, queue));
  }

  changeExchange(below: Below, args: readonly unknown[], callbackAt: number): unknown {
    const { consumers, cluster } = this.#options;
    this.#guard("doubting a queue", () => consumers.doubtAll(cluster));
    return callAndTell(below, args, { ...this.#how, callbackAt }, () => consumers.doubtAll(cluster));
  }

  /** The channel closed: the broker puts back what was open. */
  close(): void {
    this.#unsettled.requeueAll();
    for (const consumer of this.#open) consumer.end();
    this.#open.clear();
    this.#byTag.clear();
    this.#getters.clear();
    this.#options.consumers.soon();
  }

  /** The application's handler, with the account around it. What it throws goes on to amqplib, as it would bare. */
  #handle(consumer: QueueConsumer, noAck: boolean, handler: Handler, message: unknown): unknown {
    if (!isMessage(message)) {
      this.#guard("ending a consumer", () => this.#end(consumer));
      return Reflect.apply(handler, undefined, [message]);
    }
    const handle = (): unknown => Reflect.apply(handler, undefined, [message]);
    const delivered = this.#deliver(consumer, noAck, message);
    if (delivered === undefined) return handle();
    const skips = this.#guard("looking for a duplicate", () => this.#skips(delivered, message)) ?? false;
    if (skips) return this.#skip(delivered, message, noAck);
    if (!noAck) return handle();
    const over = (): void => this.#remember(delivered);
    const guard = (book: () => void): void => this.#guard("settling a delivery", book);
    return handleWithoutAck(delivered, { message, handler, handle, over, guard });
  }

  /** An ack of the application: what it still works on is held, what it has processed is remembered. */
  #acked(held: Held): "settled" | "held" {
    const finish = (hasFailed: boolean): void =>
      this.#guard("settling a delivery", () => {
        if (!hasFailed) this.#remember(held);
        finishDelivery(held, hasFailed ? "requeued" : "processed");
      });
    if (held.message !== undefined && holdsOpen(held.message, finish)) return "held";
    this.#remember(held);
    return "settled";
  }

  #remember({ mark }: Held): void {
    if (mark !== undefined) this.#options.guard?.processed(mark);
  }

  #skips(held: Held, message: Message): boolean {
    const { mark } = held;
    const { guard } = this.#options;
    return (
      mark !== undefined && guard !== undefined && guard.mustSkip(held, mark, message.properties.headers ?? undefined)
    );
  }

  /** It was worked before: the broker hears that it is done, as it would from the handler. */
  #skip(held: Held, message: Message, noAck: boolean): undefined {
    this.#guard("settling a delivery", () => {
      held.account.skipped();
      if (noAck) held.account.processed(held.producerId, held.sequence);
    });
    if (!noAck) this.#options.acknowledge(message);
  }

  /** With noAck nobody will settle it but whoever asked. undefined = it is not accounted for. */
  #deliver(consumer: QueueConsumer, noAck: boolean, message: Message): Held | undefined {
    if (this.#options.client.isOffByItself) {
      consumer.missed();
      return undefined;
    }
    try {
      const held = consumer.deliver(message);
      if (held === undefined) return undefined;
      held.message = message;
      const headers = message.properties.headers ?? undefined;
      held.mark = this.#options.guard?.markOf(held, Reflect.get(message, "content"), headers);
      if (!noAck) this.#unsettled.add(message.fields.deliveryTag, held);
      return held;
    } catch (error) {
      this.#failed("accounting for a delivery", error);
      return undefined;
    }
  }

  #guard<T>(where: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#failed(where, error);
      return undefined;
    }
  }

  /** Something was delivered or settled that no account holds: nothing is concluded from its absence. */
  #failed(where: string, error: unknown): void {
    this.#options.consumers.distrust();
    this.#options.client.failed(where, error);
  }

  #openConsumer(queue: string, kind: "consume" | "get"): QueueConsumer {
    const { consumers, cluster, partitionOf } = this.#options;
    const name = this.#nameOf(queue);
    const consumer = consumers.open({ cluster, queue: name, kind, partitionOf });
    this.#open.add(consumer);
    return consumer;
  }

  #getterOf(queue: string): QueueConsumer {
    const name = this.#nameOf(queue);
    const known = this.#getters.get(name);
    if (known !== undefined) return known;
    const getter = this.#openConsumer(name, "get");
    this.#getters.set(name, getter);
    return getter;
  }

  #end(consumer: QueueConsumer): void {
    consumer.end();
    this.#open.delete(consumer);
    this.#options.consumers.soon();
  }

  #nameOf(queue: unknown): string {
    return typeof queue === "string" && queue !== "" ? queue : this.#lastQueue;
  }
}

type Handler = (message: unknown) => unknown;

function isHandler(value: unknown): value is Handler {
  return typeof value === "function";
}
