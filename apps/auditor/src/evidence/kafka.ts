import type { ClientSign, EvidenceReader, Lane } from "@seqwatch/core";
import { createKafkaReader, kafkaMemberIdsOf } from "@seqwatch/kafkajs";
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from "kafkajs";
import type { Settings } from "../settings.ts";

export interface KafkaEvidenceOptions {
  readonly settings: Settings;
  /** Signs of the clients that live: members that none of them accounts for are foreign. */
  readonly livingSigns: () => Promise<readonly ClientSign[]>;
  readonly warn: (code: string, text: string) => void;
}

/** Evidence of the Kafka that the settings name; undefined where they name none. It connects when it is first asked. */
export function createKafkaEvidence(options: KafkaEvidenceOptions): EvidenceReader | undefined {
  const { settings, livingSigns, warn } = options;
  if (settings.kafkaBrokers === undefined) return undefined;
  const reader = createKafkaReader(new Kafka(toKafkaConfig(settings, settings.kafkaBrokers)), {
    ...(settings.kafkaCluster === undefined ? {} : { cluster: settings.kafkaCluster }),
    memberIds: async () => kafkaMemberIdsOf(await livingSigns()),
  });
  const readLog: EvidenceReader["readLog"] = async (lane, wanted, groups, nowMs) => {
    const asked = settings.evidence === "records" ? wanted : [];
    const reading = await reader.readLog?.(lane, asked, groups, nowMs);
    if (reading === undefined) warn("LOG_UNREADABLE", describeUnreadable(lane));
    return reading;
  };
  return { system: "kafka", readLog, close: () => reader.close() };
}

function describeUnreadable({ cluster, destination, partition }: Lane): string {
  const why = "brokers away, no such partition, no leader, no right to read it, or a cluster of another name";
  return `Kafka's ${destination}/${partition} in cluster ${cluster} gives no evidence now: ${why}. SEQWATCH_KAFKA_CLUSTER sets the name.`;
}

function toKafkaConfig(settings: Settings, brokers: string[]): KafkaConfig {
  const sasl = toSasl(settings);
  return {
    clientId: "seqwatch-auditor",
    brokers,
    ssl: settings.kafkaTls,
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    // The reader itself tries again, and says what it could not read.
    retry: { retries: 1, initialRetryTime: 100 },
    logLevel: logLevel.NOTHING,
  };
}

function toSasl({ kafkaSaslMechanism, kafkaUsername, kafkaPassword }: Settings): SASLOptions | undefined {
  if (kafkaSaslMechanism === undefined || kafkaUsername === undefined) return undefined;
  return { mechanism: kafkaSaslMechanism, username: kafkaUsername, password: kafkaPassword ?? "" };
}
