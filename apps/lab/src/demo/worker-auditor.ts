// The auditor, as a service of its own beside the traffic.
import { startAuditor } from "@seqwatch/auditor";
import { setting, tell, work } from "./worker.ts";

const auditor = await startAuditor({
  redisUrl: setting("SEQWATCH_REDIS_URL"),
  kafkaBrokers: setting("SEQWATCH_KAFKA_BROKERS").split(","),
  amqpUrl: setting("SEQWATCH_AMQP_URL"),
  amqpManagementUrl: setting("SEQWATCH_AMQP_MANAGEMENT_URL"),
  amqpStatisticsIntervalMs: Number(setting("LAB_STATISTICS_MS")),
  auditorPort: 0,
});

work(async (order) => {
  if (order.kind === "stop") await auditor.close();
});
tell({ kind: "listening", url: auditor.url });
tell({ kind: "ready" });
