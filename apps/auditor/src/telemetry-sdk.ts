import type { Logger, Meter, Tracer } from "@opentelemetry/api";
import { OTLPLogExporter as JsonLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtoLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter as JsonMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtoMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { OTLPTraceExporter as JsonTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Settings } from "./settings.ts";

export interface TelemetrySdk {
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly logger: Logger;
  /** The metrics in Prometheus's text format. */
  readPrometheus(): Promise<string>;
  /** Sends what is left, for at most `limitMs`, and ends. Never rejects. */
  close(limitMs: number): Promise<void>;
}

/**
 * The auditor's own SDK. It sets no globals: an auditor inside a process that has telemetry of its own, or beside a
 * second auditor, must not take theirs over. Verdicts are always sampled. Without an endpoint nothing is sent.
 */
export function createTelemetrySdk(
  settings: Pick<Settings, "otlpEndpoint" | "otlpProtocol">,
  version: string,
): TelemetrySdk {
  const resource = createResource(version);
  const exporters =
    settings.otlpEndpoint === undefined ? undefined : createExporters(settings.otlpEndpoint, settings.otlpProtocol);
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const tracers = new TracerProvider({
    resource,
    sampler: new AlwaysOnSampler(),
    spanProcessors:
      exporters === undefined ? [] : [new BatchSpanProcessor({ exporter: exporters.traces, scheduledDelayMillis })],
  });
  const meters = new MeterProvider({
    resource,
    readers: [
      prometheus,
      ...(exporters === undefined
        ? []
        : [new PeriodicExportingMetricReader({ exporter: exporters.metrics, exportIntervalMillis: 15_000 })]),
    ],
  });
  const loggers = new LoggerProvider({
    resource,
    processors:
      exporters === undefined ? [] : [new BatchLogRecordProcessor({ exporter: exporters.logs, scheduledDelayMillis })],
  });
  return {
    tracer: tracers.getTracer(scope, version),
    meter: meters.getMeter(scope, version),
    logger: loggers.getLogger(scope, version),
    readPrometheus: () => readPrometheus(prometheus),
    close: (limitMs) => within(limitMs, [tracers.shutdown(), meters.shutdown(), loggers.shutdown()]),
  };
}

const scope = "seqwatch";
/** A verdict is news: it waits for company no longer than this. */
const scheduledDelayMillis = 1_000;

function createResource(version: string): Resource {
  const own = resourceFromAttributes({ "service.name": "seqwatch-auditor", "service.version": version });
  // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
  return defaultResource()
    .merge(own)
    .merge(detectResources({ detectors: [envDetector] }));
}

function createExporters(endpoint: string, protocol: Settings["otlpProtocol"]) {
  const base = endpoint.replace(/\/+$/, "");
  const traces = { url: `${base}/v1/traces` };
  const metrics = { url: `${base}/v1/metrics` };
  const logs = { url: `${base}/v1/logs` };
  return protocol === "http/json"
    ? {
        traces: new JsonTraceExporter(traces),
        metrics: new JsonMetricExporter(metrics),
        logs: new JsonLogExporter(logs),
      }
    : {
        traces: new ProtoTraceExporter(traces),
        metrics: new ProtoMetricExporter(metrics),
        logs: new ProtoLogExporter(logs),
      };
}

async function readPrometheus(exporter: PrometheusExporter): Promise<string> {
  const { resourceMetrics } = await exporter.collect();
  return new PrometheusSerializer(undefined, false, undefined, false, true).serialize(resourceMetrics);
}

/** An endpoint that is away must not hold up the end: what it did not take by then is lost, the store still has it. */
async function within(limitMs: number, work: readonly Promise<unknown>[]): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  await Promise.race([Promise.allSettled(work), late]);
  clearTimeout(timer);
}
