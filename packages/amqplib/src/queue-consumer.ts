import type { Client } from "@seqwatch/client";
import { type ConsumerSign, type Lane, StampReader, stampHeader } from "@seqwatch/core";
import type { Mark } from "./duplicate-guard.ts";
import { inGroups } from "./in-groups.ts";
import { InLane } from "./in-lane.ts";
import { LaneTable } from "./lane-table.ts";
import { type Death, deathsOf, isFirstDelivery, originOf } from "./origin.ts";
import type { PartitionOf } from "./partition.ts";
import type { Message } from "./ports.ts";

/** A delivery that is accounted for and waits for its outcome. */
export interface Held {
  readonly account: InLane["account"];
  readonly producerId: string;
  readonly sequence: number;
  /** The application's own message, which it may go on working on after the ack. */
  message?: object;
  /** With `onDuplicate: "skip"`. */
  mark?: Mark | undefined;
}

export interface ConsumerOptions {
  readonly client: Client;
  readonly partitionOf: PartitionOf;
  readonly cluster: string;
  readonly queue: string;
  /** "get": the calls of `get` of one channel; the broker does not count it as a consumer. */
  readonly kind: "consume" | "get";
}

/** One consumer of one queue: a call of `consume`, or the `get`s of a channel. */
export class QueueConsumer {
  readonly cluster: string;
  readonly queue: string;
  readonly #options: ConsumerOptions;
  readonly #lanes = new LaneTable<InLane>();
  /** Of dead letters that came here: the lane they were sent in, for the queue they died in. By both. */
  readonly #graves = new Map<string, InLane>();
  readonly #reader = new StampReader();
  #consumerId: string;
  #number = 0;
  #deliveryCount = 0;
  #signedCount = 0;
  #isEnding = false;
  #isClosed = false;
  /** Something was delivered and not accounted for, or accounts were lost. */
  #isBlind = false;
  /** Rises when lanes are forgotten: one that comes back writes under a name of its own, for its old chain is gone. */
  #generation = 0;

  constructor(options: ConsumerOptions) {
    this.cluster = options.cluster;
    this.queue = options.queue;
    this.#options = options;
    this.#consumerId = newConsumerId(options);
  }

  /** Accounts for a delivery; undefined where there is nothing to settle. */
  deliver(message: Message): Held | undefined {
    this.#deliveryCount += 1;
    const { exchange, routingKey, redelivered } = message.fields;
    const lane = this.#laneOf(exchange, routingKey);
    if (lane === undefined || !lane.isOn) {
      this.#isBlind = true;
      return undefined;
    }
    const headers = message.properties.headers ?? undefined;
    const sequence = this.#reader.read(headers?.[stampHeader]);
    if (sequence === 0) {
      lane.account.unstamped();
      return undefined;
    }
    const { producerId, laneHash } = this.#reader;
    const stamp = { producerId, laneHash, sequence };
    if (headers?.["x-death"] !== undefined) this.#noteDeaths(headers, stamp);
    if (laneHash !== lane.hash) return this.#deliverCopy(lane, headers, stamp);
    lane.account.received(producerId, sequence, isFirstDelivery(redelivered, headers));
    return { account: lane.account, producerId, sequence };
  }

  /** Something was delivered or settled, and not accounted for. */
  missed(): void {
    this.#isBlind = true;
  }

  /** No more deliveries will come; it counts as closed once what it holds is settled. */
  end(): void {
    this.#isEnding = true;
  }

  /** Compares with the switch. What goes off is accounted for until `settleOff`, and the queue is in doubt at once. */
  followSwitch(): void {
    for (const lane of this.#lanes) {
      const isRecording = this.#options.client.isRecording(lane.lane.destination);
      if (isRecording === (lane.isOn && !lane.isEnding)) continue;
      this.#isBlind = true;
      lane.isEnding = !isRecording;
      if (isRecording) lane.isOn = true;
      lane.account.state = isRecording ? "open" : "off";
    }
  }

  /** The store knows of the doubt (or cannot be told): accounting stops where the switch is off. */
  settleOff(): void {
    for (const lane of this.#lanes) {
      if (lane.isEnding) lane.isOn = false;
      lane.isEnding = false;
    }
  }

  get accounts(): readonly InLane["account"][] {
    return [...this.#lanes, ...this.#graves.values()].map(({ account }) => account);
  }

  get isUnderLoad(): boolean {
    return this.#deliveryCount !== this.#signedCount;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the queue has to be marked as doubted before this consumer signs again. */
  takeBlind(): boolean {
    let isBlind = this.#isBlind;
    this.#isBlind = false;
    for (const lane of this.#lanes) if (lane.account.takeDoubt()) isBlind = true;
    return isBlind;
  }

  /**
   * Writes the reports of all lanes. The sign that follows stands for everything delivered before the call; undefined
   * when a report was refused too often, and there is nothing to sign.
   */
  async report(nowMs: number): Promise<ConsumerSign | undefined> {
    const deliveries = this.#deliveryCount;
    const isClosing = this.#isEnding && this.#openCount() === 0;
    const state = isClosing ? "closed" : !this.#isRecording() ? "off" : this.#isEnding ? "ending" : "open";
    this.#look(nowMs, isClosing);
    let isComplete = true;
    const news = [...this.#lanes, ...this.#graves.values()].filter((lane) => lane.hasNews);
    await inGroups(news, async (lane) => {
      if (!(await lane.advance())) isComplete = false;
    });
    this.#forgetIdle(nowMs);
    if (!isComplete) return undefined;
    this.#signedCount = deliveries;
    this.#number += 1;
    const { client } = this.#options;
    return { consumerId: this.#consumerId, clientId: client.clientId, number: this.#number, deliveries, state };
  }

  /** The sign was stored. */
  signed(sign: ConsumerSign): void {
    if (sign.state === "closed") this.#isClosed = true;
  }

  #deliverCopy(
    lane: InLane,
    headers: Readonly<Record<string, unknown>> | undefined,
    stamp: { readonly producerId: string; readonly laneHash: string; readonly sequence: number },
  ): Held | undefined {
    const { cluster, queue, partitionOf } = this.#options;
    const origin = originOf(headers, { cluster, queue, laneHash: stamp.laneHash }, partitionOf);
    const original = origin === undefined ? undefined : this.#laneAt(origin);
    if (original === undefined || !original.isOn) {
      lane.account.forwarded();
      return undefined;
    }
    original.account.received(stamp.producerId, stamp.sequence, false);
    return { account: original.account, producerId: stamp.producerId, sequence: stamp.sequence };
  }

  /** Whoever meets a dead letter can say where it died, also when it came back to this very queue. */
  #noteDeaths(
    headers: Readonly<Record<string, unknown>> | undefined,
    stamp: { readonly producerId: string; readonly laneHash: string; readonly sequence: number },
  ): void {
    const { client, cluster, queue, partitionOf } = this.#options;
    for (const death of deathsOf(headers, { cluster, laneHash: stamp.laneHash }, partitionOf)) {
      if (!client.isRecording(death.lane.destination)) continue;
      const grave = death.queue === queue ? this.#laneAt(death.lane) : this.#graveOf(death);
      grave?.account.died(stamp.producerId, stamp.sequence, death.reason);
    }
  }

  #graveOf({ lane, queue }: Death): InLane | undefined {
    const key = `${queue}\0${lane.destination}\0${lane.partition}`;
    const known = this.#graves.get(key);
    if (known !== undefined || this.#graves.size >= maxGraves) return known;
    const { client } = this.#options;
    const owner = { client, queue, consumerId: this.#consumerId, cloned: () => this.#renew() };
    const added = new InLane(lane, owner, true);
    this.#graves.set(key, added);
    return added;
  }

  #laneOf(exchange: string, routingKey: string): InLane | undefined {
    const partition = this.#options.partitionOf(exchange, routingKey);
    const known = this.#lanes.get(exchange, partition);
    if (known !== undefined) return known;
    return this.#laneAt({ system: "rabbitmq", cluster: this.cluster, destination: exchange, partition });
  }

  #laneAt(lane: Lane): InLane | undefined {
    const known = this.#lanes.get(lane.destination, lane.partition);
    if (known !== undefined) return known;
    if (this.#lanes.size >= maxLanes) return undefined;
    const { client } = this.#options;
    const consumerId = this.#generation === 0 ? this.#consumerId : `${this.#consumerId}~${this.#generation}`;
    const owner = { client, queue: this.queue, consumerId, cloned: () => this.#renew() };
    const added = new InLane(lane, owner, client.isRecording(lane.destination));
    this.#lanes.add(lane, added);
    return added;
  }

  #look(nowMs: number, isClosing: boolean): void {
    for (const lane of [...this.#lanes, ...this.#graves.values()]) {
      lane.look(nowMs);
      if (isClosing && lane.account.bookedCount > 0) lane.account.state = "closed";
    }
  }

  #isRecording(): boolean {
    for (const lane of this.#lanes) if (!lane.isOn || lane.isEnding) return false;
    return this.#options.client.isRecording("");
  }

  #openCount(): number {
    let count = 0;
    for (const lane of this.#lanes) count += lane.account.unsettledCount;
    return count;
  }

  /** Routing keys can be without bound: past half the room, lanes that are idle and settled are forgotten. */
  #forgetIdle(nowMs: number): void {
    if (this.#lanes.size <= maxLanes / 2) return;
    const idle = [...this.#lanes].filter((lane) => lane.isIdle(nowMs) && lane.account.unsettledCount === 0);
    if (idle.length > 0) this.#generation += 1;
    for (const { lane } of idle) this.#lanes.delete(lane);
  }

  /** Every lane begins a chain under the new id; the store asks for everything, and the queue is in doubt. */
  #renew(): void {
    const { client } = this.#options;
    client.renewClientId();
    this.#consumerId = newConsumerId(this.#options);
    this.#isBlind = true;
    for (const { account } of [...this.#lanes, ...this.#graves.values()]) {
      account.consumerId = this.#consumerId;
      account.clientId = client.clientId;
    }
  }
}

/** The judge tells the two kinds by the prefix. */
function newConsumerId({ client, kind }: ConsumerOptions): string {
  return kind === "get" ? `get:${client.newProducerId()}` : client.newProducerId();
}

const maxLanes = 10_000;
const maxGraves = 1_000;
