import {
  type ClientStanding,
  countOf,
  difference,
  docsOf,
  type Finding,
  formatRanges,
  type Lane,
  type LaneRecord,
  type LedgerReport,
  nextStepsOf,
  type RangeSet,
  rangeCountOf,
  type StepSurroundings,
  type SwitchRule,
  unionAll,
} from "@seqwatch/core";
import type { Static } from "typebox";
import { groupView } from "./group-view.ts";
import type { findingSchema, streamSchema, switchBody, switchReply } from "./schemas.ts";

const maxRangesListed = 64;

/** A finding as the API shows it; in a list with its first ranges only, and without facts and steps. */
export function findingView(
  finding: Finding,
  isListed: boolean,
  surroundings: StepSurroundings = {},
): Static<typeof findingSchema> {
  const shown = (ranges: RangeSet): RangeSet => (isListed ? ranges.slice(0, maxRangesListed * 2) : ranges);
  const sequences = Object.entries(finding.sequences);
  return {
    id: finding.id,
    ...finding.lane,
    producerId: finding.producerId,
    ...present("group", finding.group),
    state: finding.state,
    verdict: finding.verdict,
    ...present("cause", finding.cause),
    sequences: Object.fromEntries(sequences.map(([state, ranges]) => [state, formatRanges(shown(ranges))])),
    isShortened: isListed && sequences.some(([, ranges]) => rangeCountOf(ranges) > maxRangesListed),
    messageCount: countOf(finding.sequences[finding.state] ?? []),
    ...present("offsets", finding.offsets),
    decidedBy: finding.decidedBy,
    references: [...finding.references],
    messages: (finding.messages ?? []).map(({ sequence, text }) => ({ sequence, reference: text })),
    facts: isListed ? [] : [...(finding.facts ?? [])],
    isUnattributed: finding.unattributed ?? false,
    docs: docsOf(finding),
    nextSteps: isListed ? [] : [...nextStepsOf(finding, surroundings)],
    ...present("producer", finding.producer),
    consumers: [...(finding.consumers ?? [])],
    neighbours: finding.neighbours.map((neighbour) => ({
      sequence: neighbour.sequence,
      ...present("offset", neighbour.offset),
      ...present("timestamp", neighbour.timestampMs === undefined ? undefined : timeOf(neighbour.timestampMs)),
      ...present("traceparent", neighbour.traceparent),
    })),
    openedAt: timeOf(finding.openedAtMs),
    changedAt: timeOf(finding.changedAtMs),
    history: finding.history.map(({ state, atMs, provenForMs }) => ({
      state,
      at: timeOf(atMs),
      ...(provenForMs !== undefined && { provenForMs }),
    })),
  };
}

/** One stream of a lane, with what each group got of it. */
export function streamView(
  lane: Lane,
  snapshot: LaneRecord,
  ledger: LedgerReport,
  clients: { readonly standings: ReadonlyMap<string, ClientStanding>; readonly services: ReadonlyMap<string, string> },
): Static<typeof streamSchema> {
  const { producerId, clientId } = ledger;
  return {
    ...lane,
    producerId,
    clientId,
    ...present("service", clients.services.get(clientId)),
    ...present("standing", clients.standings.get(clientId)),
    reports: ledger.number,
    assigned: ledger.assigned,
    acked: countOf(ledger.acked),
    omitted: countOf(ledger.omitted),
    uncertain: countOf(ledger.uncertain),
    notSent: countOf(difference(refusedOf(ledger), ledger.acked)),
    lost: countOf(snapshot.verdicts.get(producerId)?.lost ?? []),
    unaudited: ledger.unauditedCount,
    isEnded: ledger.ended === ledger.assigned,
    confirms: ledger.confirms,
    groups: [...snapshot.groups].map(([name, group]) => groupView({ name, group, snapshot, ledger }, clients)),
  };
}

/** Not what the application itself aborted, nor what went out again without a stamp. */
function refusedOf({ voided }: LedgerReport): RangeSet {
  const refused = voided.filter(({ reason }) => reason !== "aborted" && reason !== "unstamped");
  return unionAll(refused.map(({ sequences }) => sequences));
}

export function ruleView(rule: SwitchRule): Static<typeof switchReply>["rules"][number] {
  return {
    scope: rule.scope,
    recording: rule.recording,
    ...present("until", rule.untilMs === undefined ? undefined : timeOf(rule.untilMs)),
    reason: rule.reason,
    who: rule.who,
  };
}

export function toRule(given: Static<typeof switchBody>["rules"][number]): SwitchRule {
  const { until, ...rest } = given;
  return { ...rest, untilMs: until === undefined ? undefined : Date.parse(until) };
}

/** RFC 3339; for a time that no date can hold, the text of the epoch. */
export function timeOf(ms: number): string {
  return new Date(Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? ms : 0).toISOString();
}

function present<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  // The one key is the one named: TypeScript widens a computed key to all strings.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value };
}
