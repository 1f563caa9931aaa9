import type { ApiFinding } from "../auditor-api.ts";
import type { Summary } from "./summary.ts";

/** A finding as one line of the screen. */
export interface FindingLine {
  readonly state: string;
  readonly verdict: string;
  readonly place: string;
  readonly messageCount: number;
  /** The first of the messages that it names. */
  readonly example: string | undefined;
}

/** How things stand at one moment. */
export interface Standing {
  readonly summary: Summary;
  readonly suspectedCount: number;
  readonly elapsedMs: number;
  readonly forMs: number | undefined;
  /** The faults that are going on. */
  readonly running: readonly string[];
  readonly newest: readonly FindingLine[];
  readonly url: string | undefined;
  readonly isAuditorHeard: boolean;
}

const newestCount = 6;

/** Puts together what the screen shows. */
export function standingOf(of: Omit<Standing, "newest"> & { readonly findings: readonly ApiFinding[] }): Standing {
  const { findings, ...rest } = of;
  const newest = findings.slice(0, newestCount).map((finding) => ({
    state: finding.state,
    verdict: finding.verdict,
    place: `${finding.destination}/${finding.partition}`,
    messageCount: finding.messageCount,
    example: finding.messages[0]?.reference,
  }));
  return { ...rest, newest };
}
