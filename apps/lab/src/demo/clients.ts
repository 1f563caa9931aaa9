import { watchAmqp } from "@seqwatch/amqplib";
import { type KafkaOptions, watchKafka } from "@seqwatch/kafkajs";
import { redisStore } from "@seqwatch/store-redis";
import { type ChannelModel, connect } from "amqplib";
import { Kafka, logLevel } from "kafkajs";
import { setting } from "./worker.ts";

const isBare = process.env["LAB_BARE"] === "1";

/** A Kafka client as an application makes it, watched by Seqwatch. `reference` says what people call a message. */
export function connectKafka(service: string, reference?: (name: string) => string): Kafka {
  const kafka = bareKafka(service);
  if (isBare) return kafka;
  return watchKafka(kafka, {
    service,
    store: redisStore(setting("SEQWATCH_REDIS_URL")),
    onAckMissing: onAckMissing(),
    ...(reference && { reference: (message) => reference(String(message.value)) }),
  });
}

/** A Kafka client that Seqwatch does not know of. */
export function bareKafka(clientId: string): Kafka {
  return new Kafka({ clientId, brokers: setting("SEQWATCH_KAFKA_BROKERS").split(","), logLevel: logLevel.NOTHING });
}

/** A connection to RabbitMQ as an application makes it, watched by Seqwatch. */
export async function connectAmqp(service: string, reference?: (name: string) => string): Promise<ChannelModel> {
  const connection = await connect(setting("SEQWATCH_AMQP_URL"));
  // amqplib throws what nobody listens to.
  connection.on("error", () => undefined);
  if (isBare) return connection;
  return watchAmqp(connection, {
    service,
    store: redisStore(setting("SEQWATCH_REDIS_URL")),
    ...(reference && { reference: (content) => reference(Buffer.from(content).toString()) }),
  });
}

function onAckMissing(): NonNullable<KafkaOptions["onAckMissing"]> {
  const choice = process.env["LAB_ON_ACK_MISSING"];
  return choice === "reject" || choice === "resend" ? choice : "report";
}
