import type { SpanContext } from "@opentelemetry/api";

/**
 * The span context of a W3C `traceparent` (Trace Context, section 3.2), or undefined for anything malformed: it was
 * written by whoever sent the message.
 */
export function parseTraceparent(text: string | undefined): SpanContext | undefined {
  const match = pattern.exec(text ?? "");
  if (match === null) return undefined;
  const [, version, traceId, spanId, flags, rest] = match;
  if (traceId === undefined || spanId === undefined || version === "ff") return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  // Version 00 ends here; a later one may carry more behind a dash.
  if (version === "00" && rest !== undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags ?? "0", 16), isRemote: true };
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.{0,256})?$/;
