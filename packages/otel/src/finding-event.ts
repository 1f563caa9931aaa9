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
function eventNameOf(finding: Finding): string {
  if (isRecovered(finding)) return "seqwatch.finding.recovered";
  return `seqwatch.finding.${finding.state.replace("-", "_")}`;
}

/** Whether nothing was wrong after all: what seemed missing was only late. That is news, but no verdict. */
export function isRecovered(finding: Finding): boolean {
  return finding.state === "explained" && finding.decidedBy === turnedUp;
}

/** How core words it; it has no state of its own. */
const turnedUp = "It turned up.";

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
