import type { ClientSign, EvidenceReader, Lane } from "@seqwatch/core";
import { createKafkaReader, kafkaMemberIdsOf } from "@seqwatch/kafkajs";
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from "kafkajs";
import type { Settings } from "../settings.ts";
import type { Trust } from "./trust.ts";

export interface KafkaEvidenceOptions {
  readonly settings: Settings;
  /** undefined = whom Node trusts by itself. */
  readonly trust?: Trust;
  /** Signs of the clients that live: members that none of them accounts for are foreign. */
  readonly livingSigns: () => Promise<readonly ClientSign[]>;
  readonly warn: (code: string, text: string) => void;
}

/** Evidence of the Kafka that the settings name; undefined where they name none. It connects when it is first asked. */
export function createKafkaEvidence(options: KafkaEvidenceOptions): EvidenceReader | undefined {
  const { settings, trust, livingSigns, warn } = options;
  if (settings.kafkaBrokers === undefined) return undefined;
  const reader = createKafkaReader(new Kafka(toKafkaConfig(settings, settings.kafkaBrokers, trust)), {
    ...(settings.kafkaCluster === undefined ? {} : { cluster: settings.kafkaCluster }),
    memberIds: async () => kafkaMemberIdsOf(await livingSigns()),
    readsRecords: settings.evidence === "records",
    failed: (error) => warn("LOG_READ_FAILED", describeFailure(error)),
  });
  const readLog: EvidenceReader["readLog"] = async (lane, wanted, groups, nowMs) => {
    const reading = await reader.readLog?.(lane, wanted, groups, nowMs);
    if (reading === undefined) warn("LOG_UNREADABLE", describeUnreadable(lane));
    return reading;
  };
  return { system: "kafka", readLog, close: () => reader.close() };
}

/** What the broker or the client said, and for a refusal the right that mends it. */
function describeFailure(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const mend = Object.entries(rights).find(([said]) => new RegExp(said, "i").test(text))?.[1];
  return `Kafka could not be read: ${text}${mend === undefined ? "" : ` Give the auditor's user ${mend}.`}`;
}

const rights: Readonly<Record<string, string>> = {
  "access topic": "DESCRIBE, DESCRIBE_CONFIGS and READ on the topic",
  "access group|group coordinator": "DESCRIBE on the group",
};

function describeUnreadable({ cluster, destination, partition }: Lane): string {
  const why = "brokers away, no such partition, no leader, no right to read it, or a cluster of another name";
  return `Kafka's ${destination}/${partition} in cluster ${cluster} gives no evidence now: ${why}. SEQWATCH_KAFKA_CLUSTER sets the name.`;
}

function toKafkaConfig(settings: Settings, brokers: string[], trust: Trust | undefined): KafkaConfig {
  const sasl = toSasl(settings);
  return {
    clientId: "seqwatch-auditor",
    brokers,
    ssl: settings.kafkaTls && toTls(trust),
    ...(sasl === undefined ? {} : { sasl }),
    connectionTimeout: 2_000,
    requestTimeout: 5_000,
    // The reader itself tries again, and says what it could not read.
    retry: { retries: 1, initialRetryTime: 100 },
    logLevel: logLevel.NOTHING,
  };
}

function toTls(trust: Trust | undefined): Exclude<KafkaConfig["ssl"], undefined> {
  const { ca, kafkaCert: cert, kafkaKey: key } = trust ?? {};
  const shown = {
    ...(ca !== undefined && { ca: [...ca] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
  return Object.keys(shown).length === 0 ? true : shown;
}

function toSasl({ kafkaSaslMechanism, kafkaUsername, kafkaPassword }: Settings): SASLOptions | undefined {
  if (kafkaSaslMechanism === undefined || kafkaUsername === undefined) return undefined;
  return { mechanism: kafkaSaslMechanism, username: kafkaUsername, password: kafkaPassword ?? "" };
}
