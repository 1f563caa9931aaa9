import { type Link, SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import { type Finding, firstOf, type Neighbour } from "@seqwatch/core";
import { attributes } from "./attributes.ts";
import { attributesOf, sequencesOf } from "./finding-attributes.ts";
import { parseTraceparent } from "./trace-parent.ts";

/** What the SDKs keep of the links of one span. */
const maxLinks = 128;

/**
 * Writes one verdict as one span. It is a root span, for a child of an unsampled remote parent is never recorded; the
 * traces of the messages beside the gap are linked instead. It reaches from the last good neighbour to the verdict.
 */
export function emitFindingSpan(tracer: Tracer, finding: Finding): void {
  const span = tracer.startSpan(`${finding.verdict} ${finding.lane.destination || "(default)"}`, {
    kind: SpanKind.INTERNAL,
    root: true,
    startTime: spanStartOf(finding),
    attributes: attributesOf(finding),
    links: finding.neighbours.flatMap(linksOf).slice(0, maxLinks),
  });
  if (finding.state === "confirmed") span.setStatus({ code: SpanStatusCode.ERROR, message: finding.decidedBy });
  span.end(finding.changedAtMs);
}

/**
 * The time of the last neighbour below the gap, where it is known, else the time when the finding was opened; never
 * later than the verdict, for neighbours carry the clocks of others.
 */
export function spanStartOf(finding: Finding): number {
  const first = firstOf(sequencesOf(finding) ?? []) ?? Number.POSITIVE_INFINITY;
  let last: Neighbour | undefined;
  for (const neighbour of finding.neighbours) {
    if (neighbour.timestampMs === undefined || neighbour.sequence >= first) continue;
    if (last === undefined || neighbour.sequence > last.sequence) last = neighbour;
  }
  return Math.min(last?.timestampMs ?? finding.openedAtMs, finding.changedAtMs);
}

function linksOf(neighbour: Neighbour): readonly Link[] {
  const context = parseTraceparent(neighbour.traceparent);
  if (context === undefined) return [];
  return [
    {
      context,
      attributes: {
        [attributes.neighbourSequence]: neighbour.sequence,
        ...(neighbour.offset === undefined ? {} : { [attributes.kafkaOffset]: neighbour.offset }),
      },
    },
  ];
}
