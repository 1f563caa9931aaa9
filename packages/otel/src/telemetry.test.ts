import { readFileSync } from "node:fs";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { StackContextManager } from "@opentelemetry/sdk-trace";
import { describe, expect, test } from "vitest";
import { noFigures, recordTelemetry } from "../test/recorded-telemetry.ts";
import { sampleFinding } from "../test/sample-finding.ts";
import { attributes } from "./attributes.ts";
import { metricNames } from "./metric-names.ts";

const secondsOf = ([seconds, nanoseconds]: readonly [number, number]) => seconds + nanoseconds / 1e9;

describe("the span of a verdict", () => {
  test("a confirmed loss is a root span of kind INTERNAL with ERROR and its verdict as error.type", () => {
    const { telemetry, spans } = recordTelemetry();
    telemetry.finding(sampleFinding());
    expect(spans()).toHaveLength(1);
    expect(spans()[0]).toMatchObject({
      name: "store.missing orders",
      kind: SpanKind.INTERNAL,
      parentSpanContext: undefined,
      status: { code: SpanStatusCode.ERROR },
      attributes: {
        "messaging.system": "kafka",
        "messaging.destination.name": "orders",
        "messaging.destination.partition.id": "3",
        "messaging.consumer.group.name": "billing",
        "error.type": "store.missing",
        "seqwatch.finding.state": "confirmed",
        "seqwatch.finding.previous_state": "suspected",
        "seqwatch.sequences.confirmed": "5-6,9",
        "seqwatch.message.count": 3,
        "seqwatch.offset.low": 104,
        "seqwatch.offset.high": 108,
        "seqwatch.references": ["order-5", "order-6", "order-9"],
      },
    });
  });

  test("it reaches from the last good neighbour to the verdict", () => {
    const { telemetry, spans } = recordTelemetry();
    telemetry.finding(sampleFinding());
    expect(spans().map((span) => [secondsOf(span.startTime), secondsOf(span.endTime)])).toEqual([[1_000, 1_006]]);
  });

  test("it begins when the finding was opened where no neighbour's time is known", () => {
    const { telemetry, spans } = recordTelemetry();
    telemetry.finding(sampleFinding({ neighbours: [] }));
    expect(spans().map((span) => secondsOf(span.startTime))).toEqual([1_003]);
  });

  test("a neighbour's clock that runs ahead does not make it end before it begins", () => {
    const { telemetry, spans } = recordTelemetry();
    const ahead = { sequence: 4, offset: 103, timestampMs: 9_000_000, traceparent: undefined };
    telemetry.finding(sampleFinding({ neighbours: [ahead] }));
    expect(spans().map((span) => [secondsOf(span.startTime), secondsOf(span.endTime)])).toEqual([[1_006, 1_006]]);
  });

  test("it links the neighbours' traces and is a child of none", () => {
    const { telemetry, spans } = recordTelemetry();
    telemetry.finding(sampleFinding());
    expect(spans()[0]?.links).toMatchObject([
      {
        context: { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", isRemote: true },
        attributes: { "seqwatch.neighbour.sequence": 4, "messaging.kafka.offset": 103 },
      },
    ]);
    expect(spans()[0]?.spanContext().traceId).not.toBe("0af7651916cd43dd8448eb211c80319c");
  });

  test("it is recorded even where whoever is at work is not sampled", () => {
    context.setGlobalContextManager(new StackContextManager().enable());
    const unsampled = trace.wrapSpanContext({ traceId: "a".repeat(32), spanId: "b".repeat(16), traceFlags: 0 });
    const { telemetry, spans } = recordTelemetry();
    context.with(trace.setSpan(context.active(), unsampled), () => telemetry.finding(sampleFinding()));
    context.disable();
    expect(spans().map(({ parentSpanContext }) => parentSpanContext)).toEqual([undefined]);
  });

  test.each(["explained", "withdrawn", "in-doubt", "not-sent"] as const)("%s is a span without an error", (state) => {
    const { telemetry, spans } = recordTelemetry();
    telemetry.finding(sampleFinding({ state, sequences: { [state]: [5, 5] } }));
    expect(spans()[0]).toMatchObject({ status: { code: SpanStatusCode.UNSET } });
    expect(spans()[0]?.attributes).not.toHaveProperty("error.type");
  });

  test.each(["suspected", "pending"] as const)("%s is no verdict yet, so it has no span", (state) => {
    const { telemetry, spans, events } = recordTelemetry();
    telemetry.finding(sampleFinding({ state }));
    expect(spans()).toEqual([]);
    expect(events()).toHaveLength(1);
  });

  test("a repeat of the same event is told once", () => {
    const { spans, events, tellAll } = recordTelemetry();
    tellAll([sampleFinding(), sampleFinding(), sampleFinding({ changedAtMs: 1_009_000 })]);
    expect(spans()).toHaveLength(1);
    expect(events()).toHaveLength(1);
  });

  test("what an earlier life told is not told again", () => {
    const { telemetry, spans, events } = recordTelemetry();
    telemetry.remember([sampleFinding()]);
    telemetry.finding(sampleFinding());
    expect([spans(), events()]).toEqual([[], []]);
  });

  test("ten thousand lost ranges stay within what a backend keeps of one value", () => {
    const { telemetry, spans } = recordTelemetry();
    const confirmed = Array.from({ length: 10_000 }, (_, index) => [index * 2 + 1, index * 2 + 1]).flat();
    const references = Array.from({ length: 500 }, (_, index) => `order-${index}`);
    telemetry.finding(sampleFinding({ sequences: { confirmed }, references }));
    const said = spans()[0]?.attributes ?? {};
    expect(said["seqwatch.sequences.confirmed"]).toMatch(/^1,3,5,.*,127 and 9936 more ranges$/);
    expect(said["seqwatch.message.count"]).toBe(10_000);
    expect(said["seqwatch.references"]).toHaveLength(32);
    expect(said["seqwatch.references.omitted_count"]).toBe(468);
  });

  test("messages in another state are not named beside those that are lost", () => {
    const { telemetry, spans } = recordTelemetry();
    const messages = [5, 6, 7].map((sequence) => ({ sequence, text: `order-${sequence}` }));
    const references = messages.map(({ text }) => text);
    telemetry.finding(sampleFinding({ sequences: { confirmed: [5, 6], withdrawn: [7, 7] }, messages, references }));
    expect(spans()[0]?.attributes["seqwatch.references"]).toEqual(["order-5", "order-6"]);
  });

  test("a RabbitMQ loss names its routing key, and its queue only as our own group", () => {
    const { telemetry, spans } = recordTelemetry();
    const lane = { system: "rabbitmq", cluster: "main", destination: "", partition: "orders.eu" } as const;
    telemetry.finding(sampleFinding({ lane, group: "orders", offsets: undefined }));
    expect(spans()[0]?.name).toBe("store.missing (default)");
    expect(spans()[0]?.attributes).toMatchObject({
      "messaging.rabbitmq.destination.routing_key": "orders.eu",
      "seqwatch.group": "orders",
    });
    expect(spans()[0]?.attributes).not.toHaveProperty("messaging.consumer.group.name");
    expect(spans()[0]?.attributes).not.toHaveProperty("messaging.destination.partition.id");
  });
});

describe("log events", () => {
  test("each change of state is one event under its own name", () => {
    const { events, tellAll } = recordTelemetry();
    const states = ["suspected", "confirmed", "withdrawn", "in-doubt", "explained", "not-sent"] as const;
    tellAll(states.map((state) => sampleFinding({ state })));
    expect(events().map(({ eventName, severityText }) => [eventName, severityText])).toEqual([
      ["seqwatch.finding.suspected", "WARN"],
      ["seqwatch.finding.confirmed", "ERROR"],
      ["seqwatch.finding.withdrawn", "WARN"],
      ["seqwatch.finding.in_doubt", "WARN"],
      ["seqwatch.finding.explained", "INFO"],
      ["seqwatch.finding.not_sent", "WARN"],
    ]);
  });

  test("what turned up is told as recovered, and is no verdict", () => {
    const { telemetry, spans, events } = recordTelemetry();
    telemetry.finding(sampleFinding({ state: "explained", decidedBy: "It turned up." }));
    expect(events().map(({ eventName }) => eventName)).toEqual(["seqwatch.finding.recovered"]);
    expect(spans()).toEqual([]);
  });

  test("a notice is an event with its code", () => {
    const { telemetry, events } = recordTelemetry();
    telemetry.notice({ kind: "warning", code: "REDIS_EVICTS", text: "Redis may evict." });
    expect(events()).toMatchObject([
      {
        eventName: "seqwatch.notice.warning",
        body: "Redis may evict.",
        attributes: { "seqwatch.notice.code": "REDIS_EVICTS" },
      },
    ]);
  });
});

test("what goes beyond the cap is folded and told once the minute is over", () => {
  let nowMs = 600_000;
  const { telemetry, spans, events, tellAll } = recordTelemetry({ maxPerMinute: 2, nowMs: () => nowMs });
  tellAll(Array.from({ length: 5 }, (_, index) => sampleFinding({ id: `finding-${index}` })));
  telemetry.tick();
  expect(spans()).toHaveLength(2);
  nowMs += 60_000;
  telemetry.tick();
  expect(spans()[2]).toMatchObject({
    name: "3 more gaps",
    status: { code: SpanStatusCode.ERROR },
    attributes: { "seqwatch.folded.count": 3, "seqwatch.folded.verdicts": ["3 confirmed store.missing"] },
  });
  expect(events()[2]).toMatchObject({ eventName: "seqwatch.finding.folded" });
});

test("what is still folded at the end is told", () => {
  const { telemetry, spans, tellAll } = recordTelemetry({ maxPerMinute: 1, nowMs: () => 600_000 });
  tellAll([sampleFinding({ id: "a" }), sampleFinding({ id: "b" })]);
  telemetry.close();
  expect(spans().map(({ name }) => name)).toEqual(["store.missing orders", "1 more gaps"]);
});

describe("metrics", () => {
  const where = { system: "kafka", destination: "orders", group: undefined };
  const figures = {
    ...noFigures,
    messages: [
      { labels: { ...where, partition: "0" }, totals: { sent: 10 } },
      { labels: { ...where, partition: "1" }, totals: { sent: 5 } },
    ],
    findings: [
      { labels: { ...where, partition: "0" }, state: "confirmed", open: 2, messages: 7, missing: 7, notSent: 0 },
      { labels: { ...where, partition: "0" }, state: "not-sent", open: 1, messages: 4, missing: 0, notSent: 4 },
    ],
    lastPassAtMs: 1_500,
  };

  test("partitions are added up under system, destination and group", async () => {
    const { metrics } = recordTelemetry({ figures: () => figures });
    const read = await metrics();
    expect(read.get("seqwatch.messages.sent")).toEqual([[{ system: "kafka", destination: "orders" }, 15]]);
    expect(read.get("seqwatch.messages.missing")).toEqual([
      [{ system: "kafka", destination: "orders", state: "confirmed" }, 7],
      [{ system: "kafka", destination: "orders", state: "not-sent" }, 0],
    ]);
    // An alarm of its own, and no part of the loss.
    expect(read.get("seqwatch.messages.not_sent")).toEqual([[{ system: "kafka", destination: "orders" }, 4]]);
    expect(read.get("seqwatch.auditor.last_pass_timestamp_seconds")).toEqual([[{}, 1.5]]);
    expect(read.get("seqwatch.recording")).toEqual([[{}, 1]]);
  });

  test("the partition is a label where it was asked for", async () => {
    const { metrics } = recordTelemetry({ figures: () => figures, perPartition: true });
    expect((await metrics()).get("seqwatch.messages.sent")).toEqual([
      [{ system: "kafka", destination: "orders", partition: "0" }, 10],
      [{ system: "kafka", destination: "orders", partition: "1" }, 5],
    ]);
  });

  test("a confirmed loss is counted in the histogram of the delay, in seconds", async () => {
    const { telemetry, metrics } = recordTelemetry();
    telemetry.finding(sampleFinding());
    expect((await metrics()).get("seqwatch.detection.delay_seconds")).toMatchObject([
      [
        { system: "kafka", destination: "orders", group: "billing" },
        { count: 1, sum: 6 },
      ],
    ]);
  });

  test("a state that is over leaves no value behind that would alarm for ever", async () => {
    let findings = figures.findings;
    const { metrics } = recordTelemetry({ figures: () => ({ ...figures, findings }) });
    await metrics();
    findings = [];
    const read = await metrics();
    expect((read.get("seqwatch.findings.open") ?? []).map(([, value]) => value).filter((value) => value !== 0)).toEqual(
      [],
    );
  });

  test("nothing is observed any more after close", async () => {
    const { telemetry, metrics } = recordTelemetry();
    telemetry.close();
    expect((await metrics()).get("seqwatch.build.info") ?? []).toEqual([]);
  });
});

test("the README's tables hold every attribute and every metric", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const names = [...Object.values(attributes), ...Object.values(metricNames).map(({ name }) => name)];
  expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});
