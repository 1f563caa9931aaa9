import { createClient } from "@seqwatch/client";
import { watchKafka } from "@seqwatch/kafkajs";
import { SimAuditor, type Sleepers } from "../kafka/auditor.ts";
import type { KafkaConditions } from "../kafka/conditions.ts";
import { type KafkaFaults, kafkaProfiles, noFaults } from "../kafka/faults.ts";
import type { SimResult } from "../kafka/oracle.ts";
import { drawSizes, type KafkaSizes, smallSizes, sparseOf } from "../kafka/sizes.ts";
import { count, tell } from "../kafka/world.ts";
import { createRandom, drawn, type Random } from "../rabbitmq/random.ts";
import { ModelCluster } from "./model-cluster.ts";
import { ModelConsumer, type ModelRunConfig } from "./model-consumer.ts";
import { ModelGroup } from "./model-group.ts";
import { type ModelMessage, type ModelPartitioner, ModelProducer } from "./model-producer.ts";
import { ModelProcess } from "./process.ts";
import { ModelTopic, topicName } from "./topic.ts";

export type KafkajsMix = "dense" | "sparse";

export interface KafkajsSimOptions {
  readonly seed: number;
  readonly messages: number;
  /** "dense", "sparse" (both drawn from the seed), or faults one by one. */
  readonly faults: KafkajsMix | Partial<KafkaFaults>;
  /** With faults one by one: how large everything is; small unless told otherwise. */
  readonly sizes?: KafkaSizes;
  readonly trace?: boolean;
}

/** The faults that the model of kafkajs knows. */
export const kafkajsFaults = [
  "omittedLost",
  "omittedStored",
  "omittedLate",
  "rejectedStored",
  "rejectedLost",
  "refused",
  "storedTwice",
  "untold",
  "misAcked",
  "producerKillEveryMs",
  "memberKillEveryMs",
  "rebalanceEveryMs",
  "givenUp",
  "failedHandler",
  "seekForward",
  "seekBack",
  "slowHandler",
  "commitFailure",
  "electionEveryMs",
  "failoverEveryMs",
  "flushEveryMs",
  "cutEveryMs",
  "answerLoss",
  "auditorRestartEveryMs",
  "silentLog",
  "slowLog",
] as const satisfies readonly (keyof KafkaFaults)[];

/** The real adapter around a model of kafkajs, over one topic, in simulated time. The same options, the same run. */
export async function runKafkajsSim(options: KafkajsSimOptions): Promise<SimResult> {
  return await new KafkajsRun(options).play();
}

class KafkajsRun {
  readonly #topic: ModelTopic;
  readonly #group: ModelGroup;
  readonly #wanted: number;
  readonly #sleepers: Sleepers = { due: 0 };
  #auditors: SimAuditor[][] = [];
  #producers: ModelProcess[] = [];

  constructor({ seed, messages, faults: wished, sizes: given = smallSizes, trace }: KafkajsSimOptions) {
    const drawnOrGiven = typeof wished === "string" ? drawKafkajsConditions(wished, seed) : undefined;
    const { faults, sizes } = drawnOrGiven ?? { faults: { ...noFaults, ...Object(wished) }, sizes: given };
    this.#wanted = messages;
    this.#topic = new ModelTopic(createRandom(seed), faults, sizes, trace === true);
    this.#group = new ModelGroup(this.#topic, (group) => this.#createMember(group));
    this.#topic.groups.forEach((views, partition) => views.push(this.#group.viewOf(partition)));
  }

  async play(): Promise<SimResult> {
    const { random } = this.#topic.world;
    for (let at = random.integer(2, 4); at > 0; at -= 1) this.#startProducer();
    this.#group.start(random.integer(1, 3));
    this.#startAuditors();
    this.#planFaults();
    while (this.#topic.messageCount < this.#wanted) await this.#step();
    await this.#drain();
    return this.#judge();
  }

  async #step(): Promise<void> {
    const { clock } = this.#topic.world;
    clock.runUntil(clock.nowMs + stepMs);
    for (const { log } of this.#topic.partitions) log.replicate();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #drain(): Promise<void> {
    const { clock } = this.#topic.world;
    tell(this.#topic.world, "drain");
    for (const world of this.#topic.partitions) world.isDraining = true;
    for (const process of this.#producers) process.mendLink();
    await this.#runFor(10_000);
    for (const { process } of this.#group.members) process.mendLink();
    const limitMs = clock.nowMs + 120_000;
    while (!this.#isFinished() && clock.nowMs < limitMs) await this.#step();
    if (!this.#isFinished()) throw new Error(["The group never finished.", ...this.#topic.world.trace].join("\n"));
    await this.#runFor(25_000);
    for (const auditor of this.#auditors.flat()) auditor.end();
  }

  async #runFor(forMs: number): Promise<void> {
    const untilMs = this.#topic.world.clock.nowMs + forMs;
    while (this.#topic.world.clock.nowMs < untilMs) await this.#step();
  }

  #isFinished(): boolean {
    return this.#topic.partitions.every(({ log }, at) => this.#group.isAtEnd(at, log.highWatermark));
  }

  #startProducer(): void {
    const process = new ModelProcess(this.#topic, "producer");
    const { random } = this.#topic.world;
    const kafka = watchKafka(this.#kafkaOf(process), { client: this.#clientOf(process) });
    this.#producers.push(process);
    // The default one of kafkajs begins with a random number of its own: a run could not be played again.
    const producer = kafka.producer({ createPartitioner: () => partitionerOf(random) });
    const isKeyed = random.chance(0.5);
    const everyMs = random.between(15, 60);
    const send = (): void => {
      if (this.#topic.world.isDraining) return;
      const messages = Array.from({ length: random.integer(1, this.#topic.world.sizes.sendMost) }, (): ModelMessage => {
        return isKeyed ? { key: `order-${random.integer(0, 999)}`, value: "paid" } : { value: "paid" };
      });
      // The application ignores what it is told, as many do.
      producer.send({ topic: topicName, messages }).catch(() => {});
      process.after(random.waiting(everyMs), send);
    };
    send();
  }

  #createMember(group: ModelGroup): ModelConsumer {
    const process = new ModelProcess(this.#topic, "member");
    const kafka = watchKafka(this.#kafkaOf(process, group), { client: this.#clientOf(process) });
    const consumer = kafka.consumer({ groupId: group.name });
    void consumer.run(this.#handlersOf(consumer));
    return consumer;
  }

  /** Both ways in which applications take messages. */
  #handlersOf(consumer: ModelConsumer): ModelRunConfig {
    if (this.#topic.world.random.chance(0.5))
      return {
        eachMessage: async ({ partition, message }) => consumer.handle(partition, Number(message.offset)),
      };
    return {
      eachBatch: async ({ batch, resolveOffset, isRunning }) => {
        for (const message of batch.messages) {
          if (!isRunning()) break;
          consumer.handle(batch.partition, Number(message.offset));
          resolveOffset(message.offset);
        }
      },
    };
  }

  #clientOf(process: ModelProcess): ReturnType<typeof createClient> {
    const observer = { notice: () => {}, finding: () => {} };
    const client = createClient({ service: process.name, store: process.store, host: process.host, observer });
    process.clientId = client.clientId;
    return client;
  }

  #kafkaOf(process: ModelProcess, group?: ModelGroup): ModelKafka {
    const cluster = Symbol("private:Kafka:createCluster");
    const kafka = {
      [cluster]: (_options?: object): ModelCluster => new ModelCluster(process, () => group),
      producer: ({ createPartitioner }: ModelProducerConfig = {}) => {
        kafka[cluster]?.();
        return new ModelProducer(process, createPartitioner?.() ?? (() => 0));
      },
      consumer: (_config: { readonly groupId: string }) => {
        const made = kafka[cluster]?.();
        if (group === undefined || made === undefined) throw new Error("This process has no group.");
        return new ModelConsumer(process, group, made);
      },
    };
    return kafka;
  }

  #startAuditors(): void {
    const { partitions, groups } = this.#topic;
    this.#auditors.push(partitions.map((world, at) => new SimAuditor(world, groups[at] ?? [], this.#sleepers, false)));
  }

  #planFaults(): void {
    const { random, faults } = this.#topic.world;
    const stores = this.#topic.partitions.map(({ store }) => store);
    this.#often("producerKillEveryMs", () => {
      this.#producers.splice(random.integer(0, this.#producers.length - 1), 1)[0]?.kill();
      this.#startProducer();
    });
    this.#often("memberKillEveryMs", () => {
      const member = random.pick(this.#group.members.filter(({ process }) => process.isAlive));
      if (member !== undefined) this.#group.kill(member);
    });
    this.#often("rebalanceEveryMs", () => {
      void this.#group.rebalance(random.pick(["join", "leave", "stay"] as const) ?? "stay");
    });
    this.#often("electionEveryMs", () => random.pick(this.#topic.partitions)?.log.elect());
    this.#often("failoverEveryMs", () => {
      const lag = random.integer(0, 9);
      for (const store of stores) store.failOver(lag);
    });
    this.#often("flushEveryMs", () => {
      for (const store of stores) store.flush();
    });
    this.#often("cutEveryMs", () => {
      const processes = [...this.#producers, ...this.#group.members.map(({ process }) => process)];
      random.pick(processes)?.cutLink(random.chance(0.2) ? random.between(8_000, 20_000) : random.between(100, 4_000));
    });
    this.#often("auditorRestartEveryMs", () => {
      for (const auditor of this.#auditors.shift() ?? []) auditor.end();
      this.#startAuditors();
    });
    if (faults.failoverEveryMs > 0) this.#keepCheckpoints();
  }

  #keepCheckpoints(): void {
    for (const { store } of this.#topic.partitions) store.checkpoint();
    this.#topic.world.clock.after(100, () => {
      if (!this.#topic.world.isDraining) this.#keepCheckpoints();
    });
  }

  #often(fault: keyof KafkaFaults, happen: () => void): void {
    const { world } = this.#topic;
    if (world.faults[fault] === 0) return;
    world.clock.after(world.random.waiting(world.faults[fault]) + 50, () => {
      if (world.isDraining) return;
      count(world, fault);
      happen();
      this.#often(fault, happen);
    });
  }

  #judge(): SimResult {
    const all = this.#topic.oracles.map((oracle, at) =>
      oracle.judge(
        this.#auditors.map((of) => of[at]).filter((auditor) => auditor !== undefined),
        this.#topic.canMiss,
      ),
    );
    return all.reduce((sum, one) => ({
      ...addUp(sum, one),
      faults: one.faults,
      faultsByKind: one.faultsByKind,
      trace: [...sum.trace, ...one.trace],
    }));
  }
}

interface ModelProducerConfig {
  readonly createPartitioner?: () => ModelPartitioner;
}

/** By key where there is one; else anywhere, and anywhere else when it is asked again, as kafkajs does. */
function partitionerOf(random: Random): ModelPartitioner {
  return ({ message: { key }, partitionMetadata }) => {
    if (key === undefined) return random.integer(0, partitionMetadata.length - 1);
    let hash = 0;
    for (let at = 0; at < key.length; at += 1) hash = (hash * 31 + key.charCodeAt(at)) >>> 0;
    return hash % partitionMetadata.length;
  };
}

/** What watchKafka needs to see of kafkajs. */
interface ModelKafka {
  producer(config?: ModelProducerConfig): ModelProducer;
  consumer(config: { readonly groupId: string }): ModelConsumer;
}

/** Adds number to number, and name by name in what counts by name. */
function addUp<T extends object>(a: T, b: T): T {
  const sums = Object.entries(a).map(([name, value]: [string, unknown]) => {
    const other: unknown = Reflect.get(b, name);
    if (typeof value === "number" && typeof other === "number") return [name, value + other];
    if (typeof value !== "object" || typeof other !== "object" || Array.isArray(value)) return [name, value];
    const names = [...Object.keys(value ?? {}), ...Object.keys(other ?? {})];
    return [name, Object.fromEntries(names.map((key) => [key, numberOf(value, key) + numberOf(other, key)]))];
  });
  return { ...a, ...Object.fromEntries(sums) };
}

function numberOf(of: object | null, name: string): number {
  const value: unknown = of === null ? 0 : Reflect.get(of, name);
  return typeof value === "number" ? value : 0;
}

/** What a seed draws; the draw has numbers of its own, so that the same faults one by one play the same run. */
export function drawKafkajsConditions(mix: KafkajsMix, seed: number): KafkaConditions {
  const random = createRandom(seed ^ drawn);
  const sizes = mix === "sparse" ? drawSizes(random) : smallSizes;
  const all = mix === "sparse" ? sparseOf(random, sizes, random.integer(400, 4_000)) : kafkaProfiles.everything;
  const chosen: Partial<Record<keyof KafkaFaults, number>> = {};
  for (const name of kafkajsFaults) if (mix === "sparse" || random.chance(0.5)) chosen[name] = all[name];
  return { faults: { ...noFaults, ...chosen }, sizes };
}

const stepMs = 2;
