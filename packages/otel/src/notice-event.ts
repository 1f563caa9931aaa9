import { countOf, formatRanges, laneKeyOf, type Notice } from "@seqwatch/core";
import { attributes } from "./attributes.ts";
import { maxReferencesShown } from "./finding-attributes.ts";
import { emitEvent, type LogEmitter } from "./log-emitter.ts";

/** Writes a notice as one log event. */
export function emitNotice(logger: LogEmitter, notice: Notice, nowMs: number): void {
  const name = `seqwatch.notice.${notice.kind.replace("-", "_")}`;
  switch (notice.kind) {
    case "started":
      return emitEvent(logger, { name, atMs: nowMs, severity: "info", body: notice.text, attributes: {} });
    case "warning":
      return emitEvent(logger, {
        name,
        atMs: nowMs,
        severity: "warn",
        body: notice.text,
        attributes: { [attributes.noticeCode]: notice.code },
      });
    case "internal-error":
      return emitEvent(logger, {
        name,
        atMs: nowMs,
        severity: "error",
        body: `Seqwatch failed at ${notice.where}: ${String(notice.error)}`,
        attributes: { [attributes.noticeWhere]: notice.where },
        exception: notice.error,
      });
    case "omitted":
    case "unroutable":
      return emitEvent(logger, {
        name,
        atMs: nowMs,
        severity: "warn",
        body: `${countOf(notice.sequences)} messages ${notice.kind} in ${laneKeyOf(notice.lane)}`,
        attributes: {
          [attributes.system]: notice.lane.system,
          [attributes.destination]: notice.lane.destination,
          [attributes.lane]: laneKeyOf(notice.lane),
          [attributes.producerId]: notice.producerId,
          [`${attributes.sequences}.${notice.kind}`]: formatRanges(notice.sequences),
          [attributes.references]: notice.references.slice(0, maxReferencesShown),
        },
      });
  }
}
