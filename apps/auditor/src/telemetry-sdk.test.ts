import { createTelemetry, type Figures } from "@seqwatch/otel";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type OtlpBackend, plain, startOtlpBackend } from "../test/otlp-backend.ts";
import { sampleFinding } from "../test/samples.ts";
import { createTelemetrySdk } from "./telemetry-sdk.ts";

let backend: OtlpBackend;

const figures: Figures = {
  messages: [
    { labels: { system: "kafka", destination: "orders", group: undefined, partition: "0" }, totals: { sent: 7 } },
  ],
  streams: [],
  findings: [],
  isRecording: true,
  reportErrors: 0,
  reportsDropped: 0,
  lastPassAtMs: 1_000,
};

beforeEach(async () => {
  backend = await startOtlpBackend();
});
afterEach(async () => {
  await backend.close();
});

test("a finding arrives at an OTLP endpoint as a span with links and the conventions' attributes", async () => {
  const sdk = createTelemetrySdk({ otlpEndpoint: backend.url, otlpProtocol: "http/json" }, "0.1.0");
  const telemetry = createTelemetry({ ...sdk, version: "0.1.0", figures: () => figures });
  telemetry.finding(sampleFinding());
  telemetry.close();
  await sdk.close(10_000);

  const [span] = backend.spans();
  expect(backend.spans()).toHaveLength(1);
  expect(span).toMatchObject({
    name: "store.missing orders",
    kind: 1,
    startTimeUnixNano: "1000000000000",
    endTimeUnixNano: "1006000000000",
    status: { code: 2, message: "The group finished every offset at which they could lie." },
    links: [{ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" }],
  });
  expect(span).not.toHaveProperty("parentSpanId");
  expect(plain(span?.["attributes"])).toMatchObject({
    "messaging.system": "kafka",
    "messaging.destination.name": "orders",
    "messaging.destination.partition.id": "0",
    "messaging.consumer.group.name": "billing",
    "error.type": "store.missing",
    "seqwatch.sequences.confirmed": "5-6,9",
    "seqwatch.message.count": 3,
    "seqwatch.references": ["order-5"],
  });
});

test("its change of state arrives as a log event, and the figures as metrics", async () => {
  const sdk = createTelemetrySdk({ otlpEndpoint: backend.url, otlpProtocol: "http/json" }, "0.1.0");
  const telemetry = createTelemetry({ ...sdk, version: "0.1.0", figures: () => figures });
  telemetry.finding(sampleFinding());
  await sdk.close(10_000);
  expect(backend.logRecords()).toMatchObject([{ eventName: "seqwatch.finding.confirmed", severityNumber: 17 }]);
  expect(backend.metricNames()).toEqual(
    expect.arrayContaining(["seqwatch.messages.sent", "seqwatch.detection.delay_seconds", "seqwatch.build.info"]),
  );
});

test("Prometheus gets names without an added unit, and labels without the scope", async () => {
  const sdk = createTelemetrySdk({ otlpProtocol: "http/json" }, "0.1.0");
  const telemetry = createTelemetry({ ...sdk, version: "0.1.0", figures: () => figures });
  telemetry.finding(sampleFinding());
  const lines = (await sdk.readPrometheus()).split("\n");
  expect(lines).toContain('seqwatch_messages_sent_total{system="kafka",destination="orders"} 7');
  expect(lines).toContain(
    'seqwatch_detection_delay_seconds_count{system="kafka",destination="orders",group="billing"} 1',
  );
  expect(lines).toContain("seqwatch_auditor_last_pass_timestamp_seconds 1");
  await sdk.close(1_000);
});

test("hostile names stay one label each of one line, and cut at a thousand characters", async () => {
  const destination = 'a",x="1"} 9\n\u001b[31m\\\ud800';
  const labels = { system: "kafka", destination, group: "g".repeat(10_240), partition: "0" } as const;
  const sdk = createTelemetrySdk({ otlpProtocol: "http/json" }, "0.1.0");
  const messages = [{ labels, totals: { sent: 7 } }];
  createTelemetry({ ...sdk, version: "0.1.0", figures: () => ({ ...figures, messages }) });
  const lines = (await sdk.readPrometheus()).split("\n").filter((line) => line.startsWith("seqwatch_messages_sent"));
  const group = `${"g".repeat(1_023)}…`;
  expect(lines).toEqual([
    `seqwatch_messages_sent_total{system="kafka",destination="a\\",x=\\"1\\"} 9\\n\u001b[31m\\\\\ufffd",group="${group}"} 7`,
  ]);
  await sdk.close(1_000);
});

test("an endpoint that is away holds up the end no longer than it may", async () => {
  const sdk = createTelemetrySdk({ otlpEndpoint: "http://127.0.0.1:1", otlpProtocol: "http/json" }, "0.1.0");
  const telemetry = createTelemetry({ ...sdk, version: "0.1.0", figures: () => figures });
  telemetry.finding(sampleFinding());
  const beganAtMs = performance.now();
  await sdk.close(300);
  expect(performance.now() - beganAtMs).toBeLessThan(3_000);
});
