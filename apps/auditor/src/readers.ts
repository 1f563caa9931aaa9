import type { ClientSign, EvidenceReader, Lane } from "@seqwatch/core";
import { connect } from "amqplib";
import { createKafkaEvidence } from "./evidence/kafka.ts";
import { createRabbitReader } from "./evidence/rabbitmq.ts";
import { readTrust, type Trust } from "./evidence/trust.ts";
import type { Settings } from "./settings.ts";

export interface Readers {
  /** undefined = nobody can read that lane's broker. */
  readerOf(lane: Lane): EvidenceReader | undefined;
  close(): Promise<void>;
}

export interface ReaderSources {
  readonly settings: Settings;
  readonly livingSigns: () => Promise<readonly ClientSign[]>;
  readonly warn: (code: string, text: string) => void;
}

/** Makes a reader for each broker that the settings name. Nothing is connected before it is asked. */
export function createReaders(sources: ReaderSources): Readers {
  const { settings, warn } = sources;
  const trust = readTrust(settings);
  const made =
    settings.evidence === "none"
      ? []
      : [createKafkaEvidence({ ...sources, trust }), createRabbit(settings, trust, warn)];
  const readers = made.filter((reader) => reader !== undefined);
  return {
    readerOf: (lane) => readers.find(({ system }) => system === lane.system),
    close: async () => {
      await Promise.allSettled(readers.map((reader) => reader.close()));
    },
  };
}

function createRabbit(
  settings: Settings,
  { ca }: Trust,
  warn: (code: string, text: string) => void,
): EvidenceReader | undefined {
  const { amqpUrl, amqpManagementUrl } = settings;
  if (amqpUrl === undefined || amqpManagementUrl === undefined) return undefined;
  return createRabbitReader({
    managementUrl: amqpManagementUrl,
    virtualHost: virtualHostOf(amqpUrl),
    cluster: settings.amqpCluster,
    ca,
    connect: () =>
      connect(amqpUrl, {
        clientProperties: { connection_name: "seqwatch-auditor" },
        ...(ca !== undefined && { ca: [...ca] }),
      }),
    statisticsIntervalMs: settings.amqpStatisticsIntervalMs,
    nameSecret: settings.nameSecret,
    warn,
  });
}

/** As amqplib reads it: no path, or "/" alone, is the virtual host "/". */
export function virtualHostOf(amqpUrl: string): string {
  const path = new URL(amqpUrl).pathname.slice(1);
  return path === "" ? "/" : decodeURIComponent(path);
}
