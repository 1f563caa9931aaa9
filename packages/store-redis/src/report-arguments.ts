import {
  type AuditNotes,
  type Collection,
  type Confirmation,
  type DeathReason,
  type Deaths,
  type DeliveryReport,
  deathReasons,
  type EpochRun,
  emptyRanges,
  formatRanges,
  type LedgerReport,
  type RangeSet,
  type TestimonyReport,
  union,
  unionAll,
} from "@seqwatch/core";
import { encodePart } from "./keys.ts";
import { formatLedger } from "./ledger-text.ts";
import { formatClaim, formatHighest, formatState, formatTotals } from "./member-text.ts";
import { formatCopies } from "./repeats-text.ts";

/** The arguments of report-ledger.lua after the time to live. */
export function ledgerArguments(report: LedgerReport): readonly string[] {
  const texts = formatLedger(report);
  const newestEra = Math.max(0, ...[...report.chunks, ...report.brackets].map(({ era }) => era));
  const referenced = unionAll(report.references.map(({ sequence }) => [sequence, sequence]));
  return [
    report.producerId,
    `${report.number}`,
    encodePart(report.nonce),
    encodePart(report.buildsOn),
    `${report.assigned}`,
    `${newestEra}`,
    formatRanges(referenced),
    texts.ledger,
    texts.chunks,
    texts.outcomes,
    texts.voided,
    texts.references,
  ];
}

/** The arguments of report-testimony.lua after the time to live. */
export function testimonyArguments(report: TestimonyReport): readonly string[] {
  const { clientId, claim, entered } = report;
  return [
    report.group,
    clientId,
    ...linkArguments(report),
    formatState(claim.state),
    formatClaim(claim, { clientId, memberId: clientId }),
    formatTotals(report.totals),
    `${report.era}`,
    ...[report.handled, report.givenUp, report.jumped, report.unstamped, report.foreign].map(formatRanges),
    formatEpochs(report.epochs),
    `${entered?.highWatermark ?? ""}`,
    entered?.wasOff ? "1" : "",
    report.replay ? "1" : "",
    ...report.streams.flatMap((stream) => [
      stream.producerId,
      ...[stream.processed, stream.twice, stream.givenUp, stream.jumped].map(formatRanges),
      formatCopies(stream.copies),
      formatRanges(stream.late),
    ]),
  ];
}

/** The arguments of report-deliveries.lua after the time to live. */
export function deliveryArguments(report: DeliveryReport): readonly string[] {
  const { consumerId, clientId, state } = report;
  const claim = { state, inWork: undefined, committed: undefined };
  return [
    report.queue,
    consumerId,
    ...linkArguments(report),
    formatState(state),
    formatClaim(claim, { clientId, memberId: consumerId }),
    formatTotals(report.totals),
    formatHighest(report.highest),
    ...report.streams.flatMap((stream) => [
      stream.producerId,
      ...[stream.received, stream.fresh, stream.twice, stream.processed, stream.rejected].map(formatRanges),
      formatDeaths(stream.deaths),
    ]),
  ];
}

/** The arguments of write-notes.lua after the time to live; none where there is nothing to note. */
export function noteArguments(notes: AuditNotes): readonly string[] {
  const { eraRise } = notes;
  return [
    ...notes.doubts.flatMap(({ group, to }) => ["doubt", "", group, `${to}`]),
    ...notes.streamDoubts.flatMap(({ group, producerId, to }) => ["stream-doubt", producerId, group, `${to}`]),
    ...notes.seen.flatMap(({ producerId, sequences }) => ["seen", producerId, "", formatRanges(sequences)]),
    ...notes.withdrawn.flatMap(({ producerId, group, sequences }) => [
      ...(group === undefined ? ["withdrawn", producerId, ""] : ["group-withdrawn", producerId, group]),
      formatRanges(sequences),
    ]),
    ...notes.settled.flatMap(({ producerId, to }) => ["settled", producerId, "", `${to}`]),
    ...notes.asked.flatMap(({ producerId, sequences }) => ["asked", producerId, "", formatRanges(sequences)]),
    ...(eraRise === undefined ? [] : ["era", `${eraRise.era}`, "", `${eraRise.cut}`]),
  ];
}

/** The arguments of confirm.lua after the time to live. */
export function confirmationArguments(confirmations: readonly Confirmation[]): readonly string[] {
  return confirmations.flatMap(({ producerId, group, sequences, era, leftBehindFrom, goneAbove }) => [
    producerId,
    group === undefined ? "stream" : "group",
    group ?? "",
    formatRanges(sequences),
    `${era}`,
    `${leftBehindFrom ?? ""}`,
    `${goneAbove ?? ""}`,
  ]);
}

/** The arguments of collect.lua after the time to live. */
export function collectionArguments({ streams, members, groups, wholeAtVersion }: Collection): readonly string[] {
  return [
    `${wholeAtVersion ?? ""}`,
    ...streams.flatMap(({ producerId, number }) => ["stream", producerId, `${number}`]),
    ...members.flatMap(({ group, memberId, number }) => ["member", group, memberId, `${number}`]),
    ...groups.flatMap((group) => ["group", group]),
  ];
}

function linkArguments(report: TestimonyReport | DeliveryReport): readonly string[] {
  return [`${report.number}`, encodePart(report.nonce), encodePart(report.buildsOn), report.whole ? "1" : "0"];
}

/** `kind:ranges;kind:ranges`, each kind by its letter. */
function formatDeaths(deaths: Deaths | undefined): string {
  if (deaths === undefined) return "";
  const known = deathReasons.filter((reason) => (deaths[reason] ?? emptyRanges).length > 0);
  return known.map((reason) => `${deathLetters[reason]}:${formatRanges(deaths[reason] ?? emptyRanges)}`).join(";");
}

/** The second letter of the field that holds them. */
export const deathLetters: Readonly<Record<DeathReason, string>> = {
  expired: "E",
  maxlen: "M",
  rejected: "R",
  delivery_limit: "D",
};

/** `epoch:ranges;epoch:ranges` */
function formatEpochs(runs: readonly EpochRun[]): string {
  const byEpoch = new Map<number, RangeSet>();
  for (const { epoch, first, last } of runs) {
    byEpoch.set(epoch, union(byEpoch.get(epoch) ?? emptyRanges, [first, last]));
  }
  return [...byEpoch].map(([epoch, set]) => `${epoch}:${formatRanges(set)}`).join(";");
}
