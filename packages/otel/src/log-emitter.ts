import type { Attributes } from "@opentelemetry/api";
import { bounded, boundedText } from "./bounded.ts";

/**
 * What is asked of a logger of OpenTelemetry: that of `@opentelemetry/api` from 1.10 on and that of
 * `@opentelemetry/api-logs` before it both fit.
 */
export interface LogEmitter {
  emit(record: {
    readonly eventName: string;
    readonly timestamp: number;
    readonly severityNumber: number;
    readonly severityText: string;
    readonly body: string;
    readonly attributes: Attributes;
    readonly exception?: unknown;
  }): void;
}

/** The numbers of the logs data model. */
const severities = { info: 9, warn: 13, error: 17 } as const;
export type Severity = keyof typeof severities;

/** One event, with the severity as number and as text. */
export function emitEvent(
  logger: LogEmitter,
  event: {
    readonly name: string;
    readonly atMs: number;
    readonly severity: Severity;
    readonly body: string;
    readonly attributes: Attributes;
    readonly exception?: unknown;
  },
): void {
  logger.emit({
    eventName: event.name,
    timestamp: event.atMs,
    severityNumber: severities[event.severity],
    severityText: event.severity.toUpperCase(),
    body: boundedText(event.body),
    attributes: bounded(event.attributes),
    ...(event.exception === undefined ? {} : { exception: event.exception }),
  });
}
