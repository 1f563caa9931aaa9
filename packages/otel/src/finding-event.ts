import type { Finding, GapState } from "@seqwatch/core";
import { attributesOf, messageCountOf } from "./finding-attributes.ts";
import { emitEvent, type LogEmitter, type Severity } from "./log-emitter.ts";

/** Writes the change of a finding's state as one log event, e.g. `seqwatch.finding.confirmed`. */
export function emitFindingEvent(logger: LogEmitter, finding: Finding): void {
  emitEvent(logger, {
    name: eventNameOf(finding),
    atMs: finding.changedAtMs,
    severity: severityOf[finding.state],
    body: sentenceOf(finding),
    attributes: attributesOf(finding),
  });
}

/** The name of the event for the state that a finding is in. */
export function eventNameOf(finding: Finding): string {
  return `seqwatch.finding.${finding.state.replace("-", "_")}`;
}

function sentenceOf(finding: Finding): string {
  const { lane, group } = finding;
  const place = `${lane.system} ${lane.destination || "(default exchange)"}/${lane.partition}`;
  const whom = group === undefined ? "" : ` for ${group}`;
  return `${messageCountOf(finding)} messages ${finding.state} (${finding.verdict}) in ${place}${whom}: ${finding.decidedBy}`;
}

const severityOf: Readonly<Record<GapState, Severity>> = {
  suspected: "warn",
  pending: "info",
  "in-doubt": "warn",
  explained: "info",
  confirmed: "error",
  withdrawn: "warn",
  "not-sent": "warn",
};
