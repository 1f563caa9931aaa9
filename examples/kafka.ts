import { watchKafka } from "@seqwatch/kafkajs";
import { redisStore } from "@seqwatch/store-redis";
import { Kafka } from "kafkajs";

const kafka = watchKafka(new Kafka({ brokers: ["127.0.0.1:9092"] }), {
  service: "orders-api",
  store: redisStore("redis://127.0.0.1:6379"),
  reference: (message) => String(message.key),
});

const producer = kafka.producer();
await producer.connect();
await producer.send({ topic: "orders", messages: [{ key: "order-17", value: "1 lamp" }] });
