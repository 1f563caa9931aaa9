export { attributes, labels } from "./attributes.ts";
export type { FigureLabels, Figures, MessageTotals } from "./figures.ts";
export type { LogEmitter } from "./log-emitter.ts";
export { metricNames } from "./metric-names.ts";
export { createTelemetry, type Telemetry, type TelemetryOptions } from "./telemetry.ts";
export { parseTraceparent } from "./trace-parent.ts";
