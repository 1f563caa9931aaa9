import type { Attributes, BatchObservableResult, Meter, Observable } from "@opentelemetry/api";
import { labels } from "./attributes.ts";
import type { FigureLabels, Figures, MessageTotals } from "./figures.ts";
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
  const observe = (result: BatchObservableResult): void => {
    const figures = read();
    const bare = (where: FigureLabels): Attributes => attributesOf(where, options.perPartition);
    observeMessages(result, instruments, figures, bare);
    observeStates(result, instruments, figures, bare);
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
    streamsActive: gauge("streamsActive"),
    streamsBlind: gauge("streamsBlind"),
    recording: gauge("recording"),
    lastPass: gauge("lastPass"),
    buildInfo: gauge("buildInfo"),
  };
}

function observeMessages(
  result: BatchObservableResult,
  instruments: Instruments,
  figures: Figures,
  bare: (where: FigureLabels) => Attributes,
): void {
  for (const name of messageCounters) {
    for (const { attributes, value } of summed(figures.messages, bare, ({ totals }) => totals[name])) {
      result.observe(instruments[name], value, attributes);
    }
  }
}

function observeStates(
  result: BatchObservableResult,
  instruments: Instruments,
  figures: Figures,
  bare: (where: FigureLabels) => Attributes,
): void {
  for (const { attributes, value } of summed(figures.streams, bare, ({ active }) => active)) {
    result.observe(instruments.streamsActive, value, attributes);
  }
  for (const { attributes, value } of summed(figures.streams, bare, ({ blind }) => blind)) {
    result.observe(instruments.streamsBlind, value, attributes);
  }
  for (const state of new Set(figures.findings.map((line) => line.state))) {
    const lines = figures.findings.filter((line) => line.state === state);
    const stated = (where: FigureLabels): Attributes => ({ ...bare(where), [labels.state]: state });
    for (const { attributes, value } of summed(lines, stated, ({ open }) => open)) {
      result.observe(instruments.findingsOpen, value, attributes);
    }
    for (const { attributes, value } of summed(lines, stated, ({ missing }) => missing)) {
      result.observe(instruments.messagesMissing, value, attributes);
    }
  }
}

/** One value a series: where the partition is left out, its lines are added up. */
function summed<Line extends { readonly labels: FigureLabels }>(
  lines: readonly Line[],
  bare: (where: FigureLabels) => Attributes,
  pick: (line: Line) => number | undefined,
): Iterable<{ readonly attributes: Attributes; readonly value: number }> {
  const sums = new Map<string, { attributes: Attributes; value: number }>();
  for (const line of lines) {
    const value = pick(line);
    if (value === undefined) continue;
    const attributes = bare(line.labels);
    const key = JSON.stringify(attributes);
    const sum = sums.get(key);
    if (sum === undefined) sums.set(key, { attributes, value });
    else sum.value += value;
  }
  return sums.values();
}

function attributesOf(where: FigureLabels, perPartition: boolean): Attributes {
  return {
    [labels.system]: where.system,
    [labels.destination]: where.destination,
    ...(where.group === undefined ? {} : { [labels.group]: where.group }),
    ...(perPartition && where.partition !== undefined ? { [labels.partition]: where.partition } : {}),
  };
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
