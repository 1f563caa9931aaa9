import type { LogRecord } from "../kafka/log.ts";
import type { Message } from "../kafka/truth.ts";
import { strikes, tell, type World } from "../kafka/world.ts";
import type { ModelCluster } from "./model-cluster.ts";
import type { ModelGroup } from "./model-group.ts";
import type { ModelProcess } from "./process.ts";
import { partitionCount, topicName } from "./topic.ts";

/** A record as kafkajs hands it to a handler. */
export interface DeliveredMessage {
  readonly offset: string;
  readonly key: null;
  readonly value: null;
  readonly headers: Readonly<Record<string, Buffer>>;
  readonly batchContext: { readonly partitionLeaderEpoch: number };
}

interface BatchPayload {
  readonly batch: {
    readonly topic: string;
    readonly partition: number;
    readonly highWatermark: string;
    readonly messages: readonly DeliveredMessage[];
    readonly firstOffset: () => string | null;
    readonly lastOffset: () => string;
  };
  readonly resolveOffset: (offset: string) => void;
  readonly isRunning: () => boolean;
  readonly isStale: () => boolean;
}

/** What the application gives to `run`. */
export interface ModelRunConfig {
  readonly eachMessage?: (payload: {
    readonly topic: string;
    readonly partition: number;
    readonly message: DeliveredMessage;
  }) => Promise<void>;
  readonly eachBatch?: (payload: BatchPayload) => Promise<void>;
}

type Listener = (event: { readonly payload: unknown }) => void;

/** A consumer as kafkajs 2 is one: one fetch loop a partition, events told at once, commits after each batch. */
export class ModelConsumer {
  readonly process: ModelProcess;
  readonly #group: ModelGroup;
  readonly #cluster: ModelCluster;
  readonly #listeners = new Map<string, Listener[]>();
  #config: ModelRunConfig = {};
  #generation = 0;
  readonly #positions: number[] = Array.from({ length: partitionCount }, () => 0);
  /** Loops that still have a batch in hand. */
  #busy = 0;
  #isRevoked = false;
  #own: readonly number[] = [];
  #whenIdle: (() => void)[] = [];

  constructor(process: ModelProcess, group: ModelGroup, cluster: ModelCluster) {
    this.process = process;
    this.#group = group;
    this.#cluster = cluster;
  }

  on(event: string, listener: Listener): () => void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return () => {};
  }

  async connect(): Promise<void> {}

  async disconnect(): Promise<void> {
    this.#generation = 0;
  }

  async run(config: ModelRunConfig = {}): Promise<void> {
    this.#config = config;
  }

  /** Heeded before the next fetch; here the application seeks only between two batches. */
  seek(_target: { readonly topic: string; readonly partition: number; readonly offset: string }): void {}

  /** Leaves the group cleanly. */
  stop(): void {
    this.#generation = 0;
    this.#emit("stop", undefined);
  }

  assign(generation: number, partitions: readonly number[]): void {
    this.#generation = generation;
    this.#own = partitions;
    this.#isRevoked = false;
    const memberAssignment = { [topicName]: [...partitions] };
    this.#emit("group_join", { groupId: this.#group.name, memberId: this.process.name, memberAssignment });
    for (const partition of partitions) {
      this.#positions[partition] = this.#group.committed[partition] ?? 0;
      void this.#loop(partition, generation);
    }
  }

  /** Whether no handler of it is at work. */
  get isIdle(): boolean {
    return this.#busy === 0;
  }

  /** It is out of its group and does not know it yet; `joinAgain` once its handler is over. */
  evict(joinAgain: () => void): void {
    this.#generation = 0;
    this.#own = [];
    this.#whenIdle.push(joinAgain);
  }

  owns(partition: number): boolean {
    return this.process.isAlive && this.#generation > 0 && this.#own.includes(partition);
  }

  positionOf(partition: number): number {
    return this.#positions[partition] ?? 0;
  }

  /** Finishes what it has in hand, commits, and asks for nothing more. */
  revoke(): Promise<void> {
    this.#emit("rebalancing", { groupId: this.#group.name, memberId: this.process.name });
    this.#isRevoked = true;
    if (this.#busy === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#whenIdle.push(resolve));
  }

  #emit(event: string, payload: unknown): void {
    for (const listener of this.#listeners.get(`consumer.${event}`) ?? []) listener({ payload });
  }

  async #loop(partition: number, generation: number): Promise<void> {
    const { random } = this.process.topic.world;
    while (this.#generation === generation && !this.#isRevoked) {
      const broker = await this.#cluster.findBroker({ nodeId: 1 });
      const fetchOffset = this.#positions[partition] ?? 0;
      const partitions = [{ partition, fetchOffset: String(fetchOffset) }];
      const records = await broker.fetch({ topics: [{ topic: topicName, partitions }] });
      if (this.#generation !== generation || this.#isRevoked) return;
      if (records.records.length === 0) {
        await this.process.sleep(random.between(20, 120));
        continue;
      }
      this.#busy += 1;
      await this.#work({ partition, generation, first: fetchOffset, ...records });
      this.#busy -= 1;
      if (this.#busy === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
      await this.process.sleep(random.between(1, 10));
    }
  }

  async #work(work: Work): Promise<void> {
    const { world } = this.process.topic;
    const { partition, first, records, highWatermark } = work;
    const last = first + records.length - 1;
    const messages = records.flatMap((record, at) =>
      record.kind === "control" ? [] : [toMessage(record, first + at)],
    );
    const payload = {
      topic: topicName,
      partition,
      highWatermark: String(highWatermark),
      batchSize: messages.length,
      firstOffset: String(first),
      lastOffset: String(last),
    };
    this.#emit("start_batch_process", payload);
    await this.process.sleep(
      strikes(world, "slowHandler") ? world.random.between(1_000, 9_000) : world.random.between(1, 30),
    );
    const resolved = await (this.#config.eachBatch === undefined
      ? this.#eachMessage(work, messages)
      : this.#eachBatch(work, messages));
    if (resolved >= last) this.#emit("end_batch_process", payload);
    await this.#moveOn(work, resolved + 1);
  }

  /** One after the other; a handler that throws ends it, and the rest is fetched again. */
  async #eachMessage({ partition, first, records }: Work, messages: readonly DeliveredMessage[]): Promise<number> {
    const { world } = this.process.topic;
    const failsAt = strikes(world, "failedHandler") ? world.random.integer(0, messages.length - 1) : -1;
    for (const [at, message] of messages.entries()) {
      try {
        this.#failsNow = at === failsAt;
        await this.#config.eachMessage?.({ topic: topicName, partition, message });
      } catch {
        return Number(message.offset) - 1;
      }
    }
    return first + records.length - 1;
  }

  /** Whether the handler of the application is to fail at its next message. */
  #failsNow = false;

  /** Returns, then everything counts as resolved: also what the handler left because it was told to stop. */
  async #eachBatch(work: Work, messages: readonly DeliveredMessage[]): Promise<number> {
    const { world } = this.process.topic;
    const { partition, first, records, highWatermark } = work;
    const last = first + records.length - 1;
    const fails = messages.length > 1 && strikes(world, "failedHandler");
    const leavesAt =
      !fails && messages.length > 1 && strikes(world, "givenUp")
        ? world.random.integer(Math.max(0, messages.length - world.sizes.leaveMost), messages.length - 1)
        : messages.length;
    const failsAt = fails ? world.random.integer(1, messages.length - 1) : -1;
    let asked = 0;
    let resolved = first - 1;
    try {
      await this.#config.eachBatch?.({
        batch: {
          topic: topicName,
          partition,
          highWatermark: String(highWatermark),
          messages,
          firstOffset: () => String(first),
          lastOffset: () => String(last),
        },
        resolveOffset: (offset) => {
          resolved = Number(offset);
          this.#failsNow = resolved - first + 1 === failsAt;
        },
        isRunning: () => asked++ < leavesAt,
        isStale: () => false,
      });
    } catch {
      return resolved;
    }
    // It was handed out, and the handler broke off at it: nobody can say what became of it.
    const brokenAt = messages[leavesAt];
    const atBreak = this.process.topic.partition(partition).log.records[Number(brokenAt?.offset ?? -1)]?.message;
    if (atBreak !== undefined) atBreak.isUntestified = true;
    for (const message of messages.slice(leavesAt)) this.#excuse(partition, Number(message.offset), "consume.given-up");
    return last;
  }

  /** The application's own work with a message. */
  handle(partition: number, offset: number): void {
    const world = this.process.topic.partition(partition);
    if (this.#failsNow) {
      this.#failsNow = false;
      throw new Error("The handler failed.");
    }
    const message = world.log.records[offset]?.message;
    if (message === undefined) return;
    message.processedAtMs[0] = Math.min(message.processedAtMs[0] ?? Number.POSITIVE_INFINITY, world.clock.nowMs);
    if (world.truth.isTracing) tell(world, `processed at ${offset} by ${this.process.name}`, message);
  }

  async #moveOn({ partition, generation }: Work, next: number): Promise<void> {
    const { world } = this.process.topic;
    const { random } = world;
    if (this.#generation !== generation) return;
    this.#positions[partition] = next;
    if (this.#isRevoked || random.chance(0.8)) await this.#commit(partition, generation, next);
    if (this.#generation !== generation || this.#isRevoked) return;
    if (strikes(world, "seekForward")) await this.#seek(partition, generation, next + random.integer(1, 25));
    else if (strikes(world, "seekBack"))
      await this.#seek(partition, generation, Math.max(0, next - random.integer(1, 40)));
  }

  /** kafkajs commits the position that was sought, and goes on there. */
  async #seek(partition: number, generation: number, target: number): Promise<void> {
    const { log } = this.process.topic.partition(partition);
    const to = Math.min(log.highWatermark, target);
    this.seek({ topic: topicName, partition, offset: String(to) });
    for (let offset = this.#positions[partition] ?? 0; offset < to; offset += 1)
      this.#excuse(partition, offset, "consume.skipped");
    this.#positions[partition] = to;
    await this.#commit(partition, generation, to);
  }

  async #commit(partition: number, generation: number, next: number): Promise<void> {
    const broker = await this.#cluster.findBroker({ nodeId: 1 });
    const partitions = [{ partition, offset: String(next) }];
    try {
      await broker.offsetCommit({ groupId: this.#group.name, generation, topics: [{ topic: topicName, partitions }] });
    } catch {
      // It was not accepted: whoever has the partition now goes on from the last one that was.
    }
  }

  #excuse(partition: number, offset: number, verdict: Message["verdict"]): void {
    const world: World = this.process.topic.partition(partition);
    const message = world.log.records[offset]?.message;
    if (message === undefined) return;
    message.isExcused = true;
    const known = message.verdictIn[0];
    message.verdictIn[0] = known === undefined || known === verdict ? verdict : "either";
    tell(world, `left at ${offset}, ${verdict}`, message);
  }
}

interface Work {
  readonly partition: number;
  readonly generation: number;
  readonly first: number;
  readonly records: readonly LogRecord[];
  readonly highWatermark: number;
}

function toMessage({ stamp, epoch }: LogRecord, offset: number): DeliveredMessage {
  return {
    offset: String(offset),
    key: null,
    value: null,
    headers: stamp === undefined ? {} : { seqwatch: Buffer.from(stamp) },
    batchContext: { partitionLeaderEpoch: epoch },
  };
}
