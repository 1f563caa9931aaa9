import type { KafkaFaults } from "../kafka/faults.ts";
import type { Message } from "../kafka/truth.ts";
import { count, tell } from "../kafka/world.ts";
import type { ModelProcess } from "./process.ts";
import { partitionCount } from "./topic.ts";

/** What kafkajs takes as a message. */
export interface ModelMessage {
  readonly key?: string;
  readonly value: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface SentTopic {
  readonly topic: string;
  readonly messages: readonly ModelMessage[];
}

export type ModelPartitioner = (args: {
  readonly topic: string;
  readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
  readonly message: ModelMessage;
}) => number | string;

interface Answer {
  readonly topicName: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly baseOffset: string;
}

/** The messages of one send for one partition: one record batch. */
interface Batch {
  readonly partition: number;
  readonly messages: readonly (Message | undefined)[];
  readonly stamps: readonly (string | undefined)[];
}

/**
 * A producer as kafkajs 2 is one: the partitioner is asked for every message in each attempt, an answer may leave a
 * partition out, a retry appends once more, and a rejected send may be stored.
 */
export class ModelProducer {
  readonly #process: ModelProcess;
  readonly #partitioner: ModelPartitioner;
  readonly #isIdempotent: boolean;
  /** Of an idempotent producer: the batch whose answer got lost, which the next of the same length is taken for. */
  #lostAnswer: { readonly partition: number; readonly base: number; readonly length: number } | undefined;

  #tail: Promise<void> = Promise.resolve();

  constructor(process: ModelProcess, partitioner: ModelPartitioner) {
    this.#process = process;
    this.#partitioner = partitioner;
    const { faults, random } = process.topic.world;
    this.#isIdempotent = faults.misAcked > 0 && random.chance(0.5);
  }

  on(): () => void {
    return () => {};
  }

  async connect(): Promise<void> {}

  async disconnect(): Promise<void> {}

  async transaction(): Promise<never> {
    throw new Error("This model has no transactions.");
  }

  async send(record: SentTopic): Promise<readonly Answer[]> {
    return await this.sendBatch({ topicMessages: [record] });
  }

  async sendBatch({ topicMessages }: { readonly topicMessages: readonly SentTopic[] }): Promise<readonly Answer[]> {
    const { random } = this.#process.topic.world;
    const batches = topicMessages.flatMap((entry) => this.#divide(entry));
    // An idempotent producer has one request at a time under way to a broker; what is stamped meanwhile waits.
    const turn = this.#tail;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    if (this.#isIdempotent) this.#tail = ended;
    if (this.#isIdempotent) await turn;
    try {
      await this.#process.sleep(random.chance(0.02) ? random.between(100, 4_000) : random.between(1, 15));
      return await this.#arrive(batches, topicMessages);
    } finally {
      end();
    }
  }

  async #arrive(batches: readonly Batch[], topicMessages: readonly SentTopic[]): Promise<readonly Answer[]> {
    const { random } = this.#process.topic.world;
    const lost = this.#lostAnswer;
    const repeat = batches.find(({ partition }) => partition === lost?.partition);
    if (lost !== undefined && repeat !== undefined) {
      this.#lostAnswer = undefined;
      // It takes the sequence numbers of the batch whose answer got lost: for the broker it is that one, or nonsense.
      if (lost.length !== repeat.messages.length) return await this.#reject(batches, "rejectedLost");
      const others = batches.filter((batch) => batch !== repeat);
      return await Promise.all([
        this.#ackInstead(repeat, lost.base),
        ...others.map((batch) => this.#store(batch, topicMessages)),
      ]);
    }
    const fault = this.#draw();
    if (fault === "rejectedStored" || fault === "rejectedLost" || fault === "refused")
      return await this.#reject(batches, fault);
    const struck = fault === undefined ? undefined : random.pick(batches);
    const answers = await Promise.all(
      batches.map((batch) =>
        batch === struck ? this.#suffer(batch, fault, topicMessages) : this.#store(batch, topicMessages),
      ),
    );
    return answers.filter((answer) => answer !== undefined);
  }

  /** In the order of the messages, all of one topic in one go; each attempt asks for all of them again. */
  #divide({ topic, messages }: SentTopic): readonly Batch[] {
    const partitionMetadata = Array.from({ length: partitionCount }, (_, partitionId) => ({ partitionId, leader: 1 }));
    const byPartition = new Map<number, ModelMessage[]>();
    for (const message of messages) {
      const partition = Number(this.#partitioner({ topic, partitionMetadata, message }));
      const batch = byPartition.get(partition);
      if (batch === undefined) byPartition.set(partition, [message]);
      else batch.push(message);
    }
    return [...byPartition].map(([partition, some]) => {
      const stamps = some.map(({ headers }) => headers?.["seqwatch"]);
      return { partition, stamps, messages: stamps.map((stamp) => this.#process.topic.meet(partition, stamp)) };
    });
  }

  #draw(): (typeof sendFaults)[number] | undefined {
    const { world } = this.#process.topic;
    let draw = world.isDraining ? 1 : world.random.next();
    for (const fault of sendFaults) {
      const share = fault === "misAcked" && !this.#isIdempotent ? 0 : world.faults[fault];
      if (draw < share) {
        count(world, fault);
        return fault;
      }
      draw -= share;
    }
    return undefined;
  }

  async #reject(batches: readonly Batch[], fault: "rejectedStored" | "rejectedLost" | "refused"): Promise<never> {
    if (fault === "rejectedStored") for (const batch of batches) this.#append(batch);
    for (const message of batches.flatMap((batch) => batch.messages)) if (message) message.isUntestified = true;
    await this.#process.sleep(this.#process.topic.world.random.between(1, 400));
    throw Object.assign(new Error(fault), fault === "refused" ? { type: "TOPIC_AUTHORIZATION_FAILED" } : {});
  }

  async #suffer(
    batch: Batch,
    fault: (typeof sendFaults)[number] | undefined,
    sent: readonly SentTopic[],
  ): Promise<Answer | undefined> {
    const { random, clock } = this.#process.topic.world;
    switch (fault) {
      case "omittedLost":
        return await this.#omit(batch, "produce.ack-missing");
      case "omittedStored":
        this.#append(batch);
        return await this.#omit(batch);
      case "omittedLate": {
        for (const message of batch.messages) if (message) message.isLate = true;
        clock.after(random.chance(0.2) ? random.between(3_000, 8_000) : random.between(30, 2_500), () =>
          this.#append(batch),
        );
        return await this.#omit(batch);
      }
      case "storedTwice":
        this.#append(batch);
        await this.#process.sleep(random.between(30, 600));
        this.#askAgain(sent);
        return await this.#store(batch, sent);
      case "untold":
        return { ...(await this.#store(batch, sent)), baseOffset: "-1" };
      case "misAcked": {
        const base = this.#append(batch);
        this.#lostAnswer = { partition: batch.partition, base, length: batch.messages.length };
        return await this.#omit(batch);
      }
      case undefined:
      case "refused":
      case "rejectedLost":
      case "rejectedStored":
    }
    return await this.#store(batch, sent);
  }

  /** The client sends once more: it asks for every message's partition again, whatever was answered before. */
  #askAgain(sent: readonly SentTopic[]): void {
    for (const entry of sent) this.#divide(entry);
  }

  async #store(batch: Batch, sent: readonly SentTopic[]): Promise<Answer> {
    const { random } = this.#process.topic.world;
    const world = this.#process.topic.partition(batch.partition);
    const base = this.#append(batch);
    const isCut = await new Promise<boolean>((resolve) =>
      world.log.whenReplicated(base + batch.messages.length, resolve),
    );
    await this.#process.sleep(isCut ? random.between(50, 500) : random.between(1, 10));
    if (isCut) {
      this.#askAgain(sent);
      return await this.#store(batch, sent);
    }
    return this.#ack(batch, base);
  }

  async #ackInstead(batch: Batch, base: number): Promise<Answer> {
    await this.#process.sleep(this.#process.topic.world.random.between(1, 10));
    for (const message of batch.messages) if (message) message.verdict = "produce.mis-acked";
    return this.#ack(batch, base);
  }

  #ack({ partition, messages }: Batch, base: number): Answer {
    for (const message of messages) if (message) message.promised = true;
    return { topicName: "orders", partition, errorCode: 0, baseOffset: String(base) };
  }

  async #omit({ messages }: Batch, verdict?: Message["verdict"]): Promise<undefined> {
    await this.#process.sleep(this.#process.topic.world.random.between(1, 20));
    for (const message of messages) {
      if (message === undefined) continue;
      message.promised = true;
      message.verdict = verdict;
    }
  }

  #append({ partition, messages, stamps }: Batch): number {
    const world = this.#process.topic.partition(partition);
    let base = -1;
    messages.forEach((message, at) => {
      const { producerId, sequence = 0 } = message ?? {};
      const kind = message === undefined ? "unstamped" : "stamped";
      const offset = world.log.append({ kind, message, producerId, sequence, stamp: stamps[at] });
      if (world.truth.isTracing) tell(world, `appended at ${offset}`, message);
      if (base < 0) base = offset;
    });
    world.log.replicate();
    return base;
  }
}

const sendFaults = [
  "omittedLost",
  "omittedStored",
  "omittedLate",
  "rejectedStored",
  "rejectedLost",
  "refused",
  "storedTwice",
  "untold",
  "misAcked",
] as const satisfies readonly (keyof KafkaFaults)[];
