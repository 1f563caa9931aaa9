import type { KafkaServer } from "../../../../stack/kafka.ts";
import type { RabbitmqServer } from "../../../../stack/rabbitmq.ts";
import type { RedisServer } from "../../../../stack/redis.ts";
import { startStack } from "../../../../stack/stack.ts";
import { AuditorApi } from "../auditor-api.ts";
import type { Addresses } from "./addresses.ts";
import { startAuditorChild } from "./auditor-child.ts";
import type { Failover } from "./failover-site.ts";
import { FindingsWatch } from "./findings-watch.ts";

/** Servers of the lab's own, with an auditor that watches them. */
export interface Site {
  readonly kafka: KafkaServer | undefined;
  readonly amqp: RabbitmqServer | undefined;
  readonly redis: RedisServer;
  readonly addresses: Addresses;
  readonly api: AuditorApi;
  readonly findings: FindingsWatch;
  /** The settings of its auditor, for a row that wants a second one with one of them changed. */
  readonly auditorSettings: Readonly<Record<string, unknown>>;
  /** Only in a world whose Redis is replicated. */
  readonly failover?: Failover;
  close(): Promise<void>;
}

/** How often RabbitMQ renews what its management API tells. */
const statisticsIntervalMs = 1_000;

/** What rows wait for happens within seconds here, and is the same otherwise. */
const kafkaProperties = {
  // Kafka's own default: what passes between two looks at an empty group rests on it.
  "group.initial.rebalance.delay.ms": 3_000,
  "offsets.retention.minutes": 1,
  // The default from 4.0 on: a member of the newer protocol may come.
  "group.coordinator.rebalance.protocols": "classic,consumer",
  "offsets.retention.check.interval.ms": 2_000,
  "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1_000,
  "log.retention.check.interval.ms": 1_000,
  "log.initial.task.delay.ms": 500,
  "log.cleaner.backoff.ms": 500,
  "log.segment.delete.delay.ms": 1_000,
};

/** Starts what is asked for: Redis always, the brokers that rows need. */
export async function openSite(
  brokers: readonly ("kafka" | "rabbitmq")[],
  onProgress: (line: string) => void,
  rabbitmqNodes = 1,
): Promise<Site> {
  const environment = {
    // Rows trouble their servers, so none that somebody else needs will do.
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !isAddress(name))),
    ...brokersOfHost(),
  };
  const stack = await startStack({
    servers: [...brokers, "redis"],
    onProgress,
    environment,
    kafka: { properties: kafkaProperties },
    rabbitmq: { statisticsIntervalMs, nodes: rabbitmqNodes },
    redis: { args: ["--appendonly", "yes"] },
  });
  const kafka = brokers.includes("kafka") ? stack.kafka : undefined;
  const amqp = brokers.includes("rabbitmq") ? stack.amqp : undefined;
  const auditorSettings = {
    redisUrl: stack.redis.url,
    ...(kafka && { kafkaBrokers: kafka.brokers }),
    ...(amqp && {
      amqpUrl: amqp.url,
      amqpManagementUrl: amqp.managementUrl,
      amqpStatisticsIntervalMs: statisticsIntervalMs,
    }),
  };
  try {
    const auditor = await startAuditorChild(auditorSettings);
    const api = new AuditorApi(auditor.url);
    const findings = new FindingsWatch(api);
    return {
      kafka,
      amqp,
      redis: stack.redis,
      addresses: {
        kafkaBrokers: kafka?.brokers ?? [],
        amqpUrl: amqp?.url ?? "",
        amqpManagementUrl: amqp?.managementUrl ?? "",
        redisUrl: stack.redis.url,
        auditorUrl: auditor.url,
      },
      api,
      findings,
      auditorSettings,
      close: async () => {
        findings.close();
        await auditor.close();
        await stack.stop();
      },
    };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** What a guest of another run needs: its brokers, under the names by which the stack finds servers. */
export function hostSettings({ addresses }: Site): Readonly<Record<string, string>> {
  const { kafkaBrokers, amqpUrl, amqpManagementUrl } = addresses;
  const brokers = {
    SEQWATCH_KAFKA_BROKERS: kafkaBrokers.join(","),
    SEQWATCH_AMQP_URL: amqpUrl,
    SEQWATCH_AMQP_MANAGEMENT_URL: amqpManagementUrl,
  };
  return { [hostVariable]: JSON.stringify(brokers) };
}

const hostVariable = "LAB_HOST";

function brokersOfHost(): Readonly<Record<string, string>> {
  const brokers: unknown = JSON.parse(process.env[hostVariable] ?? "{}");
  return Object.fromEntries(Object.entries(Object(brokers)).map(([name, value]) => [name, String(value)]));
}

function isAddress(name: string): boolean {
  return /^SEQWATCH_(KAFKA_BROKERS|AMQP_URL|AMQP_MANAGEMENT_URL|AMQP_NODES|REDIS_URL)$/.test(name);
}
