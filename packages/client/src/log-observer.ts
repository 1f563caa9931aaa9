import { countOf, type Finding, formatRanges, type Lane, type Notice, type Observer, visible } from "@seqwatch/core";
import type { Host } from "./host.ts";

/** The observer that is there without any setting: one line on stderr for each finding and notice, folded when many. */
export function createLogObserver(host: Host): Observer {
  const fold = foldedPrinter(host);
  const print = (line: string): void => fold(visible(line).slice(0, maxLineLength));
  const told = new Map<string, string>();
  return {
    finding: (finding) => {
      const line = findingLine(finding);
      // A finding also changes where this line does not show it.
      if (told.get(finding.id) === line) return;
      if (told.size >= maxTold) told.clear();
      told.set(finding.id, line);
      print(line);
    },
    notice: (notice) => print(noticeLine(notice)),
  };
}

/** At most `maxLines` lines a second; the rest is one line that says how many. */
function foldedPrinter(host: Host): (line: string) => void {
  let windowFromMs = Number.NEGATIVE_INFINITY;
  let printed = 0;
  let folded = 0;
  return (line) => {
    if (host.nowMs() - windowFromMs >= windowMs) {
      windowFromMs = host.nowMs();
      printed = 0;
    }
    if (printed < maxLines) {
      printed += 1;
      host.writeLine(`seqwatch: ${line}`);
      return;
    }
    folded += 1;
    if (folded > 1) return;
    host.after(windowMs, () => {
      host.writeLine(`seqwatch: ${folded} more lines were folded.`);
      folded = 0;
    });
  };
}

const maxTold = 1_000;
/** Names of topics and the application's own references may be of any length. */
const maxLineLength = 2_000;
const windowMs = 1_000;
const maxLines = 20;

function findingLine(finding: Finding): string {
  const counts = Object.entries(finding.sequences).map(
    ([state, set]) => `${countOf(set)} ${state} (${formatRanges(set)})`,
  );
  const group = finding.group === undefined ? "" : ` for group ${finding.group}`;
  const names = finding.references.length === 0 ? "" : ` [${namesOf(finding.references)}]`;
  return `${finding.verdict} in ${placeOf(finding.lane)}${group}: ${counts.join(", ")}${names}. ${finding.decidedBy}`;
}

function noticeLine(notice: Notice): string {
  switch (notice.kind) {
    case "started":
      return notice.text;
    case "warning":
      return `warning ${notice.code}: ${notice.text}`;
    case "internal-error":
      return `${notice.where} failed, messages are not affected: ${textOf(notice.error)}`;
    case "omitted":
    case "unroutable":
      break;
  }
  const names = notice.references.length === 0 ? "" : ` [${namesOf(notice.references)}]`;
  const what =
    notice.kind === "omitted"
      ? "suspected lost: left out of the broker's answer to a send"
      : "returned as unroutable, no queue got them";
  const which = `sequences ${formatRanges(notice.sequences)} of ${notice.producerId}${names}`;
  return `${counted(countOf(notice.sequences))} in ${placeOf(notice.lane)} ${what}, ${which}`;
}

function counted(count: number): string {
  return count === 1 ? "1 message" : `${count} messages`;
}

function placeOf(lane: Lane): string {
  return `${lane.system} ${lane.destination || "(default)"}/${lane.partition}`;
}

function namesOf(references: readonly string[]): string {
  const shown = references.slice(0, 10).join(", ");
  return references.length > 10 ? `${shown} and ${references.length - 10} more` : shown;
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
