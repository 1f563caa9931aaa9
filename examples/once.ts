import { messageKey, watchKafka } from "@seqwatch/kafkajs";
import { redisStore } from "@seqwatch/store-redis";
import { Redis } from "ioredis";
import { Kafka } from "kafkajs";

const redis = new Redis("redis://127.0.0.1:6379");
const kafka = watchKafka(new Kafka({ brokers: ["127.0.0.1:9092"] }), {
  service: "billing",
  store: redisStore("redis://127.0.0.1:6379"),
});

const aMinute = 60;
const aWeek = 604_800;

const consumer = kafka.consumer({ groupId: "billing" });
await consumer.connect();
await consumer.subscribe({ topic: "orders", fromBeginning: true });
await consumer.run({
  eachMessage: async ({ topic, partition, message }) => {
    // Without a stamp there is no key: a message of a producer that is not watched.
    const key = `billing:${messageKey(message) ?? `${topic}/${partition}/${message.offset}`}`;
    if ((await redis.get(key)) === "done") return;
    // Of two workers that have the same message at once, one waits for the next delivery.
    if ((await redis.set(key, "in work", "EX", aMinute, "NX")) === null) throw new Error(`${key} is in work.`);
    try {
      process.stdout.write(`An invoice for ${message.value?.toString() ?? ""}\n`);
      await redis.set(key, "done", "EX", aWeek);
    } catch (error) {
      await redis.del(key);
      throw error;
    }
  },
});
