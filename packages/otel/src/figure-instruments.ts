import type { Attributes, BatchObservableResult, Meter, Observable } from "@opentelemetry/api";
import { labels } from "./attributes.ts";
import { bounded } from "./bounded.ts";
import type { FigureLabels, Figures, MessageTotals } from "./figures.ts";
import { GaugeSeries } from "./gauge-series.ts";
import { metricNames } from "./metric-names.ts";

/** The JS SDK folds what goes beyond 2,000 attribute sets into one; partitions would reach that soon. */
export interface FigureOptions {
  readonly perPartition: boolean;
  readonly version: string;
}

/** Makes the instruments whose values are read at each export. The returned function takes them away again. */
export function observeFigures(meter: Meter, read: () => Figures, options: FigureOptions): () => void {
  const instruments = createInstruments(meter);
  const observables: readonly Observable[] = Object.values(instruments);
  const gauges = {
    findingsOpen: new GaugeSeries(instruments.findingsOpen),
    messagesMissing: new GaugeSeries(instruments.messagesMissing),
    messagesNotSent: new GaugeSeries(instruments.messagesNotSent),
    streamsActive: new GaugeSeries(instruments.streamsActive),
    streamsBlind: new GaugeSeries(instruments.streamsBlind),
  };
  const observe = (result: BatchObservableResult): void => {
    const figures = read();
    observeMessages(result, instruments, bucketsOf(figures.messages, options.perPartition));
    const streams = bucketsOf(figures.streams, options.perPartition);
    gauges.streamsActive.observe(
      result,
      valuesOf(streams, ({ active }) => active),
    );
    gauges.streamsBlind.observe(
      result,
      valuesOf(streams, ({ blind }) => blind),
    );
    const findings = findingBucketsOf(figures.findings, options.perPartition);
    gauges.findingsOpen.observe(
      result,
      valuesOf(findings, ({ open }) => open),
    );
    gauges.messagesMissing.observe(
      result,
      valuesOf(findings, ({ missing }) => missing),
    );
    // It has no state: not sent is one, and an alarm of its own.
    const notSent = bucketsOf(
      figures.findings.filter((line) => line.notSent > 0),
      options.perPartition,
    );
    gauges.messagesNotSent.observe(
      result,
      valuesOf(notSent, (line) => line.notSent),
    );
    result.observe(instruments.recording, figures.isRecording ? 1 : 0);
    result.observe(instruments.reportErrors, figures.reportErrors);
    result.observe(instruments.reportsDropped, figures.reportsDropped);
    result.observe(instruments.buildInfo, 1, { [labels.version]: options.version });
    if (figures.lastPassAtMs !== undefined) result.observe(instruments.lastPass, figures.lastPassAtMs / 1_000);
  };
  meter.addBatchObservableCallback(observe, [...observables]);
  return () => meter.removeBatchObservableCallback(observe, [...observables]);
}

type Instruments = ReturnType<typeof createInstruments>;

function createInstruments(meter: Meter) {
  const counter = (key: keyof typeof metricNames) => {
    const { name, unit, help } = metricNames[key];
    return meter.createObservableCounter(name, { unit, description: help });
  };
  const gauge = (key: keyof typeof metricNames) => {
    const { name, unit, help } = metricNames[key];
    return meter.createObservableGauge(name, { unit, description: help });
  };
  return {
    sent: counter("sent"),
    received: counter("received"),
    processed: counter("processed"),
    lost: counter("lost"),
    duplicated: counter("duplicated"),
    redelivered: counter("redelivered"),
    late: counter("late"),
    forwarded: counter("forwarded"),
    unstamped: counter("unstamped"),
    reportErrors: counter("reportErrors"),
    reportsDropped: counter("reportsDropped"),
    findingsOpen: gauge("findingsOpen"),
    messagesMissing: gauge("messagesMissing"),
    messagesNotSent: gauge("messagesNotSent"),
    streamsActive: gauge("streamsActive"),
    streamsBlind: gauge("streamsBlind"),
    recording: gauge("recording"),
    lastPass: gauge("lastPass"),
    buildInfo: gauge("buildInfo"),
  };
}

/** All lines of one series: where the partition is left out, many lanes share one. */
interface Bucket<Line> {
  readonly attributes: Attributes;
  readonly lines: Line[];
}

function bucketsOf<Line extends { readonly labels: FigureLabels }>(
  lines: readonly Line[],
  perPartition: boolean,
): readonly Bucket<Line>[] {
  const buckets = new Map<string, Bucket<Line>>();
  for (const line of lines) {
    const { system, destination, group, partition } = line.labels;
    // Names may hold anything but NUL, which no broker takes; group "" and no group are two series.
    const key = `${system}\0${destination}\0${group === undefined ? "" : `=${group}`}\0${perPartition ? partition : ""}`;
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, { attributes: attributesOf(line.labels, perPartition), lines: [line] });
    else bucket.lines.push(line);
  }
  return [...buckets.values()];
}

function observeMessages(
  result: BatchObservableResult,
  instruments: Instruments,
  buckets: readonly Bucket<Figures["messages"][number]>[],
): void {
  for (const { attributes, lines } of buckets) {
    for (const name of messageCounters) {
      // A counter that nobody has a figure for makes no series.
      if (lines.every(({ totals }) => totals[name] === undefined)) continue;
      result.observe(
        instruments[name],
        summed(lines, ({ totals }) => totals[name] ?? 0),
        attributes,
      );
    }
  }
}

/** The state is one label more. */
function findingBucketsOf(
  findings: Figures["findings"],
  perPartition: boolean,
): readonly Bucket<Figures["findings"][number]>[] {
  return [...Map.groupBy(findings, ({ state }) => state)].flatMap(([state, lines]) =>
    bucketsOf(lines, perPartition).map((bucket) => ({
      lines: bucket.lines,
      attributes: { ...bucket.attributes, [labels.state]: state },
    })),
  );
}

function valuesOf<Line>(
  buckets: readonly Bucket<Line>[],
  pick: (line: Line) => number,
): readonly { readonly attributes: Attributes; readonly value: number }[] {
  return buckets.map(({ attributes, lines }) => ({ attributes, value: summed(lines, pick) }));
}

function summed<Line>(lines: readonly Line[], pick: (line: Line) => number): number {
  let sum = 0;
  for (const line of lines) sum += pick(line);
  return sum;
}

function attributesOf(where: FigureLabels, perPartition: boolean): Attributes {
  return bounded({
    [labels.system]: where.system,
    [labels.destination]: where.destination,
    ...(where.group === undefined ? {} : { [labels.group]: where.group }),
    ...(perPartition && where.partition !== undefined ? { [labels.partition]: where.partition } : {}),
  });
}

const messageCounters = [
  "sent",
  "received",
  "processed",
  "lost",
  "duplicated",
  "redelivered",
  "late",
  "forwarded",
  "unstamped",
] as const satisfies readonly (keyof MessageTotals)[];
