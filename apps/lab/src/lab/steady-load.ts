import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { Kafka, Producer } from "kafkajs";
import type { Lab } from "./lab.ts";

const batchSize = 10;
const pauseMs = 5;

/** The same traffic twice, send by send in turn: through Seqwatch and without it. What it costs shows side by side. */
export class SteadyLoad {
  readonly watched: Side;
  readonly bare: Side;
  readonly #sides: readonly Side[];
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  private constructor(watched: Side, bare: Side) {
    this.watched = watched;
    this.bare = bare;
    this.#sides = [watched, bare];
  }

  /** Starts producers, consumers and the traffic; resolves once both sides are at work. */
  static async start(lab: Lab, partitions = 3): Promise<SteadyLoad> {
    const shop = lab.service("shop");
    const topic = await lab.kafka.topic("orders", { partitions });
    const bareTopic = await lab.kafka.topic("orders-bare", { partitions });
    const watched = new Side(topic, lab.name("billing"), (partition) => shop.messages(topic, partition, batchSize));
    const bare = new Side(bareTopic, lab.name("billing-bare"), (partition, round) =>
      Array.from({ length: batchSize }, (_, at) => ({ value: `bare|${partition}|${round}|${at}`, partition })),
    );
    await watched.open(lab, shop.kafka(), lab.service("worker").kafka());
    await bare.open(lab, lab.kafka.bare(), lab.kafka.bare());
    const load = new SteadyLoad(watched, bare);
    load.#running = load.#run(partitions);
    await lab.until("the traffic to flow", () => load.#sides.every(({ handled }) => handled.size > 100));
    return load;
  }

  /** Ends the traffic and waits until everything was handled on both sides. */
  async stop(lab: Lab): Promise<void> {
    this.#isStopped = true;
    await this.#running;
    await lab.until("everything to be handled", () => this.#sides.every((side) => side.isDone));
  }

  /** Forgets what was measured so far: what comes now is what counts. */
  measureAnew(): void {
    for (const side of this.#sides) side.forgetTimes();
  }

  /** Prints both sides' times, and demands that nobody notices a difference. */
  compare(lab: Lab, what: string): void {
    for (const [name, pick] of Object.entries(times)) {
      for (const share of [0.5, 0.99]) {
        const [ours, bare] = this.#sides.map((side) => quantile(pick(side), share));
        const text = `${name} p${share * 100}`;
        lab.figure(`${text} ms`, round(ours ?? 0));
        lab.figure(`${text} ms bare`, round(bare ?? 0));
        // A wait for the store would be a second long; two clients in turn on a busy machine differ by less than this.
        lab.check(`${what}: ${text} stays beside the bare client's`, () => (ours ?? 0) <= 2 * (bare ?? 0) + 25);
      }
    }
  }

  async #run(partitions: number): Promise<void> {
    for (let turn = 0; !this.#isStopped; turn += 1) {
      // Who goes first changes from turn to turn.
      const order = turn % 2 === 0 ? this.#sides : this.#sides.toReversed();
      for (const side of order) await side.send(turn % partitions, turn);
      await delay(pauseMs);
    }
  }
}

const times: Readonly<Record<string, (side: Side) => readonly number[]>> = {
  send: ({ sendMs }) => sendMs,
  "to the handler": ({ deliveryMs }) => deliveryMs,
};

type MessagesOf = (partition: number, round: number) => { readonly value: string; readonly partition: number }[];

/** One side of the load. */
class Side {
  readonly topic: string;
  readonly group: string;
  readonly sent: string[] = [];
  readonly handled = new Set<string>();
  sendMs: number[] = [];
  deliveryMs: number[] = [];
  readonly #messagesOf: MessagesOf;
  readonly #sentAtMs = new Map<string, number>();
  #producer: Producer | undefined;

  constructor(topic: string, group: string, messagesOf: MessagesOf) {
    this.topic = topic;
    this.group = group;
    this.#messagesOf = messagesOf;
  }

  get isDone(): boolean {
    return this.sent.every((name) => this.handled.has(name));
  }

  async open(lab: Lab, sending: Kafka, receiving: Kafka): Promise<void> {
    const producer = sending.producer();
    await producer.connect();
    this.#producer = producer;
    const consumer = receiving.consumer({ groupId: this.group, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic: this.topic, fromBeginning: true });
    const joined = lab.kafka.joined(consumer);
    await consumer.run({ eachMessage: async ({ message }) => this.#handle(String(message.value)) });
    await joined;
    lab.leaving(async () => await consumer.disconnect());
    lab.leaving(async () => await producer.disconnect());
  }

  async send(partition: number, round: number): Promise<void> {
    const messages = this.#messagesOf(partition, round);
    const atMs = performance.now();
    for (const { value } of messages) {
      this.#sentAtMs.set(value, atMs);
      this.sent.push(value);
    }
    await this.#producer?.send({ topic: this.topic, messages });
    this.sendMs.push(performance.now() - atMs);
  }

  forgetTimes(): void {
    this.sendMs = [];
    this.deliveryMs = [];
  }

  #handle(name: string): void {
    this.handled.add(name);
    this.deliveryMs.push(performance.now() - (this.#sentAtMs.get(name) ?? performance.now()));
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
