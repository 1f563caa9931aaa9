import type { Consumer, ConsumerConfig, ConsumerRunConfig, Kafka } from "kafkajs";
import type { Ground } from "./ground.ts";

/** A consumer as an application sets one up; what is left out is kafkajs's default, but for a quicker heartbeat. */
export interface ConsumeWish extends ConsumerRunConfig {
  readonly group: string;
  readonly topic: string;
  /** Where a group without commits begins; true unless told otherwise. */
  readonly fromBeginning?: boolean;
  readonly config?: Partial<ConsumerConfig>;
}

/** Starts a consumer and waits until it has joined its group. */
export async function consume(ground: Ground, kafka: Kafka, wish: ConsumeWish): Promise<Consumer> {
  const { group, topic, fromBeginning = true, config = {}, ...run } = wish;
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: 6_000,
    heartbeatInterval: 500,
    maxWaitTimeInMs: 200,
    ...config,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning });
  const joined = ground.kafka.joined(consumer);
  await consumer.run(run);
  await joined;
  ground.leaving(async () => await consumer.disconnect());
  return consumer;
}

/** The text of a message: in the lab its name. */
export function nameIn(message: { readonly value: Buffer | null }): string {
  return message.value?.toString() ?? "";
}
