import type { Producer } from "kafkajs";
import type { KafkaWatchOptions, Service } from "./service.ts";

/** An application that sends; each message is called by its place in its stream. */
export interface Orders {
  readonly service: Service;
  readonly producer: Producer;
  /** Sends so many messages to one partition in one go, and gives their names back. */
  send(topic: string, count: number, partition?: number): Promise<readonly string[]>;
}

export async function startOrders(service: Service, watch: KafkaWatchOptions = {}): Promise<Orders> {
  const producer = service.kafka(watch).producer();
  await producer.connect();
  return {
    service,
    producer,
    send: async (topic, count, partition = 0) => {
      const messages = service.messages(topic, partition, count);
      await producer.send({ topic, messages });
      return messages.map(({ value }) => value);
    },
  };
}
