import { defaultPolicy } from "@seqwatch/core";
import { type Static, Type } from "typebox";

const duration = (ms: number, about: string) =>
  Type.Integer({ minimum: 1, maximum: 2_592_000_000, default: ms, description: about });
const text = (about: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 4_096, description: about }));
const words = (about: string) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 64, description: about }));
const flag = (value: boolean, about: string) => Type.Boolean({ default: value, description: about });
const oneOf = <const Word extends string>(all: readonly [Word, ...Word[]], value: Word, about: string) =>
  Type.Enum([...all], { default: value, description: about });

/** Every setting of the auditor with its bounds, its default and what it is for: the one place where they are known. */
export const settingsSchema = Type.Object(
  {
    redisUrl: text("the Redis where clients report, redis://HOST:PORT; without it state lives in this process alone"),
    redisPrefix: Type.String({ default: "seqwatch", minLength: 1, maxLength: 64, description: "begins every key" }),
    kafkaBrokers: words("Kafka brokers, HOST:PORT, parted by commas"),
    kafkaTls: flag(false, "TLS to Kafka"),
    kafkaTlsCert: text("a file with the certificate (PEM) that the auditor shows to Kafka"),
    kafkaTlsKey: text("a file with its key (PEM)"),
    tlsCa: text("a file of certificates (PEM) to trust brokers by, beside those that Node trusts"),
    kafkaSaslMechanism: Type.Optional(
      Type.Enum(["plain", "scram-sha-256", "scram-sha-512"], { description: "how to sign in to Kafka" }),
    ),
    kafkaUsername: text("the user at Kafka"),
    kafkaPassword: text("its password"),
    kafkaCluster: text("the cluster's name where the applications set their own; else Kafka's own id"),
    amqpUrl: text("RabbitMQ with the virtual host, amqp://USER:PASSWORD@HOST:PORT/VHOST"),
    amqpManagementUrl: text("RabbitMQ's management API, http://USER:PASSWORD@HOST:PORT"),
    amqpCluster: text("the cluster's name where the applications set their own; else RabbitMQ's own name"),
    amqpStatisticsIntervalMs: duration(5_000, "RabbitMQ's collect_statistics_interval"),
    nameSecret: Type.Optional(
      Type.String({ minLength: 16, maxLength: 512, description: "the secret of applications that set hideNames" }),
    ),
    evidence: oneOf(["none", "offsets", "records"], "records", "what is read from the brokers"),
    auditorHost: Type.String({ default: "127.0.0.1", minLength: 1, description: "the address to listen at" }),
    auditorPort: Type.Integer({
      default: 7_979,
      minimum: 0,
      maximum: 65_535,
      description: "the port; 0 = any free one",
    }),
    token: Type.Optional(Type.String({ minLength: 16, maxLength: 512, description: "what callers must bring" })),
    passIntervalMs: duration(500, "from the beginning of one pass to that of the next"),
    passConcurrency: Type.Integer({
      default: 16,
      minimum: 1,
      maximum: 256,
      description: "lanes looked at side by side",
    }),
    leaseMs: Type.Integer({
      default: 3_000,
      minimum: 500,
      maximum: 60_000,
      description: "of several auditors one that is silent for so long loses its lanes",
    }),
    graceMs: duration(defaultPolicy.graceMs, "how long evidence must stand"),
    lifeSignMs: duration(defaultPolicy.lifeSignMs, "a client is silent after so long"),
    foreignMs: duration(defaultPolicy.foreignMs, "a foreign member may work on for so long"),
    highWatermarkMs: duration(defaultPolicy.highWatermarkMs, "how long a high watermark must stand"),
    unreadableMs: duration(defaultPolicy.unreadableMs, "after so long an unreadable log is a doubt"),
    keepEndedMs: duration(defaultPolicy.keepEndedMs, "how long a finished stream is kept, and a group that is gone"),
    keepOpenMs: duration(defaultPolicy.keepOpenMs, "how long what stayed open is kept after its producer has gone"),
    keepGroupMs: duration(defaultPolicy.keepGroupMs, "after so long without a member a group is gone"),
    otlpEndpoint: text("where telemetry is sent, http://HOST:4318; OTEL_EXPORTER_OTLP_ENDPOINT does the same"),
    otlpProtocol: oneOf(["http/protobuf", "http/json"], "http/protobuf", "how it is sent"),
    metricsPerPartition: flag(false, "one series a partition"),
    findingsPerMinute: Type.Integer({ default: 120, minimum: 1, maximum: 100_000, description: "told one by one" }),
    logLevel: oneOf(["trace", "debug", "info", "warn", "error", "silent"], "info", "the least that is logged"),
  },
  { additionalProperties: false },
);

/** The settings of an auditor, complete. */
export type Settings = Static<typeof settingsSchema>;
