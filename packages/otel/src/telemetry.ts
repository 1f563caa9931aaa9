import { type Histogram, type Meter, SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import type { Finding, GapState, Notice, Observer } from "@seqwatch/core";
import { attributes, labels } from "./attributes.ts";
import { observeFigures } from "./figure-instruments.ts";
import type { Figures } from "./figures.ts";
import { emitFindingEvent, isRecovered } from "./finding-event.ts";
import { emitFindingSpan, spanStartOf } from "./finding-span.ts";
import { emitEvent, type LogEmitter } from "./log-emitter.ts";
import { metricNames } from "./metric-names.ts";
import { emitNotice } from "./notice-event.ts";
import { type Folded, RateCap } from "./rate-cap.ts";
import { ToldStates } from "./told-states.ts";

export interface TelemetryOptions {
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly logger: LogEmitter;
  /** Said by `seqwatch.build.info`. */
  readonly version: string;
  /** Asked at each export. */
  readonly figures: () => Figures;
  /** Spans, and apart from them log events, of findings in one minute; further ones are folded. 120. */
  readonly maxPerMinute?: number;
  /** Adds the partition to the labels: one series a partition. Off. */
  readonly perPartition?: boolean;
  /** The wall clock. */
  readonly nowMs?: () => number;
}

/** An observer that speaks OpenTelemetry. */
export interface Telemetry extends Observer {
  /** Findings of an earlier life, so that what was told then is not told again. */
  remember(findings: Iterable<Finding>): void;
  storeAnswered(operation: string, seconds: number): void;
  /** To be called now and then: tells what was folded in a minute that is over. */
  tick(): void;
  /** Tells what is still folded and takes the instruments away. */
  close(): void;
}

/**
 * Turns findings into one root span a verdict and one log event a change of state, and figures into metrics. It takes
 * the API's objects and starts no SDK: where telemetry goes, and who samples it, is the caller's.
 *
 * @example
 * const telemetry = createTelemetry({
 *   tracer: trace.getTracer("seqwatch"), meter: metrics.getMeter("seqwatch"), logger: logs.getLogger("seqwatch"),
 *   version: "1.0.0", figures: () => auditor.figures(),
 * });
 * telemetry.finding(finding);
 */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { tracer, meter, logger, maxPerMinute = 120, perPartition = false, nowMs = Date.now } = options;
  const told = new ToldStates(maxToldFindings);
  const spans = new RateCap(maxPerMinute);
  const events = new RateCap(maxPerMinute);
  const { detectionDelay, storeOperation } = createHistograms(meter);
  const stopFigures = observeFigures(meter, options.figures, { perPartition, version: options.version });

  const tellFolded = (always: boolean): void => {
    const foldedSpans = spans.takeFolded(nowMs(), always);
    if (foldedSpans !== undefined) emitFoldedSpan(tracer, foldedSpans, nowMs());
    const foldedEvents = events.takeFolded(nowMs(), always);
    if (foldedEvents !== undefined) emitFoldedEvent(logger, foldedEvents, nowMs());
  };

  return {
    finding: (finding) => {
      const { isChange, isFirst } = told.tell(finding);
      if (!isChange) return;
      tellFolded(false);
      const kind = `${finding.state} ${finding.verdict}`;
      if (events.admit(kind, nowMs())) emitFindingEvent(logger, finding);
      if (!isFirst || !verdictStates.has(finding.state) || isRecovered(finding)) return;
      if (finding.state === "confirmed") recordDelay(detectionDelay, finding);
      if (spans.admit(kind, nowMs())) emitFindingSpan(tracer, finding);
    },
    notice: (notice: Notice) => emitNotice(logger, notice, nowMs()),
    remember: (findings) => {
      for (const finding of findings) told.take(finding);
    },
    storeAnswered: (operation, seconds) => storeOperation.record(seconds, { [labels.operation]: operation }),
    tick: () => tellFolded(false),
    close: () => {
      tellFolded(true);
      stopFigures();
    },
  };
}

/** A finding that changed before so many others is forgotten: at some 200 B each, 20 MB. */
const maxToldFindings = 100_000;

/** Suspected and pending are steps on the way; the others are verdicts. */
const verdictStates: ReadonlySet<GapState> = new Set(["confirmed", "explained", "withdrawn", "in-doubt", "not-sent"]);

function createHistograms(meter: Meter): { readonly detectionDelay: Histogram; readonly storeOperation: Histogram } {
  const { detectionDelay, storeOperation } = metricNames;
  return {
    detectionDelay: meter.createHistogram(detectionDelay.name, {
      unit: detectionDelay.unit,
      description: detectionDelay.help,
      advice: { explicitBucketBoundaries: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600] },
    }),
    storeOperation: meter.createHistogram(storeOperation.name, {
      unit: storeOperation.unit,
      description: storeOperation.help,
      advice: { explicitBucketBoundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] },
    }),
  };
}

function recordDelay(detectionDelay: Histogram, finding: Finding): void {
  detectionDelay.record((finding.changedAtMs - spanStartOf(finding)) / 1_000, {
    [labels.system]: finding.lane.system,
    [labels.destination]: finding.lane.destination,
    ...(finding.group === undefined ? {} : { [labels.group]: finding.group }),
  });
}

function emitFoldedSpan(tracer: Tracer, folded: Folded, nowMs: number): void {
  const span = tracer.startSpan(`${folded.count} more gaps`, {
    kind: SpanKind.INTERNAL,
    root: true,
    startTime: nowMs,
    attributes: { [attributes.foldedCount]: folded.count, [attributes.foldedVerdicts]: linesOf(folded) },
  });
  const lostCount = [...folded.byKind.keys()].filter((kind) => kind.startsWith("confirmed ")).length;
  if (lostCount > 0) span.setStatus({ code: SpanStatusCode.ERROR, message: "Confirmed losses are among them." });
  span.end(nowMs);
}

function emitFoldedEvent(logger: LogEmitter, folded: Folded, nowMs: number): void {
  emitEvent(logger, {
    name: "seqwatch.finding.folded",
    atMs: nowMs,
    severity: "warn",
    body: `${folded.count} more gaps changed than are told one by one: ${linesOf(folded).join(", ")}`,
    attributes: { [attributes.foldedCount]: folded.count, [attributes.foldedVerdicts]: linesOf(folded) },
  });
}

function linesOf(folded: Folded): string[] {
  return [...folded.byKind].map(([kind, count]) => `${count} ${kind}`);
}
