import type { Kafka } from "kafkajs";
import type { Ground } from "./ground.ts";

export interface WorkerWish {
  readonly group: string;
  readonly topic: string;
  /** Where a group without commits begins; true unless told otherwise. */
  readonly fromBeginning?: boolean;
  /** How long it goes without asking what partitions there are; 2 s unless told otherwise. */
  readonly metadataMaxAgeMs?: number;
}

/** A consumer that works one message after the other, commits as kafkajs does by itself, and keeps book. */
export class Worker {
  readonly handled = new Set<string>();
  readonly #consumer: ReturnType<Kafka["consumer"]>;

  private constructor(consumer: ReturnType<Kafka["consumer"]>) {
    this.#consumer = consumer;
  }

  /** Starts it and waits until it has joined its group. */
  static async start(lab: Ground, kafka: Kafka, wish: WorkerWish): Promise<Worker> {
    const { group, topic, fromBeginning = true, metadataMaxAgeMs = 2_000 } = wish;
    const consumer = kafka.consumer({
      groupId: group,
      sessionTimeout: 6_000,
      heartbeatInterval: 500,
      maxWaitTimeInMs: 200,
      metadataMaxAge: metadataMaxAgeMs,
      retry: { retries: 20, maxRetryTime: 1_000 },
    });
    const worker = new Worker(consumer);
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning });
    const joined = lab.kafka.joined(consumer);
    await consumer.run({
      eachMessage: async ({ message }) => {
        worker.handled.add(String(message.value));
      },
    });
    await joined;
    lab.leaving(async () => await worker.leave());
    return worker;
  }

  /** Whether it has handled all of these. */
  hasHandled(names: Iterable<string>): boolean {
    return [...names].every((name) => this.handled.has(name));
  }

  /** Ends it as a deploy does: with its commit, and a goodbye to its group. */
  async leave(): Promise<void> {
    await this.#consumer.disconnect();
  }
}
