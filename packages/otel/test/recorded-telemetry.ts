import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Finding } from "@seqwatch/core";
import type { Figures } from "../src/figures.ts";
import { createTelemetry, type Telemetry, type TelemetryOptions } from "../src/telemetry.ts";

export const noFigures: Figures = {
  messages: [],
  streams: [],
  findings: [],
  isRecording: true,
  reportErrors: 0,
  reportsDropped: 0,
  lastPassAtMs: undefined,
};

class OnDemandReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Telemetry on the real SDK, whose exporters keep in memory what they are given. */
export function recordTelemetry(options: Partial<TelemetryOptions> = {}) {
  const spans = new InMemorySpanExporter();
  const logs = new InMemoryLogRecordExporter();
  const reader = new OnDemandReader();
  const telemetry: Telemetry = createTelemetry({
    tracer: new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }).getTracer("test"),
    meter: new MeterProvider({ readers: [reader] }).getMeter("test"),
    logger: new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logs })] }).getLogger("test"),
    version: "0.1.0",
    figures: () => noFigures,
    ...options,
  });
  return {
    telemetry,
    spans: () => spans.getFinishedSpans(),
    events: () => logs.getFinishedLogRecords(),
    metrics: () => readMetrics(reader),
    tellAll: (findings: readonly Finding[]) => findings.forEach((finding) => telemetry.finding(finding)),
  };
}

/** Metrics as `name` → lines of `labels value`, in the order of the instruments. */
async function readMetrics(
  reader: MetricReader,
): Promise<ReadonlyMap<string, readonly (readonly [object, unknown])[]>> {
  const { resourceMetrics } = await reader.collect();
  const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  return new Map(
    metrics.map((metric) => [
      metric.descriptor.name,
      metric.dataPoints.map((point) => [point.attributes, point.value] as const),
    ]),
  );
}
