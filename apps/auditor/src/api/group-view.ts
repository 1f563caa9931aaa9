import {
  type ClientStanding,
  countOf,
  deadOf,
  difference,
  emptyReceipts,
  formatRanges,
  type GroupRecord,
  intersection,
  isEmpty,
  type LaneRecord,
  type LedgerReport,
  type MemberRecord,
  type RangeSet,
  type Receipts,
  streamFactsOf,
  unionAll,
} from "@seqwatch/core";
import type { Static } from "typebox";
import type { streamSchema } from "./schemas.ts";

type GroupView = Static<typeof streamSchema>["groups"][number];

interface Clients {
  readonly standings: ReadonlyMap<string, ClientStanding>;
  readonly services: ReadonlyMap<string, string>;
}

const maxRangesListed = 64;
const maxMembersListed = 64;

/** What one group got of one stream, and who works on it. */
export function groupView(
  about: {
    readonly name: string;
    readonly group: GroupRecord;
    readonly snapshot: LaneRecord;
    readonly ledger: LedgerReport;
  },
  clients: Clients,
): GroupView {
  const { name, group, snapshot, ledger } = about;
  const receipts = group.receipts.get(ledger.producerId);
  const members = [...group.members.values()];
  return {
    group: name,
    processed: countOf(receipts?.processed ?? []),
    rejected: countOf(receipts?.rejected ?? []),
    duplicated: countOf(receipts?.duplicate ?? []),
    lost: countOf(receipts?.lost ?? []),
    openMembers: members.filter(({ claim }) => claim.state === "open").length,
    waiting: countOf(waitingOf(snapshot, ledger, receipts)),
    duplicates: duplicatesOf(group, ledger, receipts),
    members: members
      .filter(({ claim }) => claim.state !== "closed" || claim.crash !== undefined)
      .slice(-maxMembersListed)
      .map((member) => memberView(member, clients)),
  };
}

function waitingOf(snapshot: LaneRecord, ledger: LedgerReport, receipts: Receipts | undefined): RangeSet {
  const { promised, verdicts } = streamFactsOf(snapshot, ledger);
  const { processed = [], rejected = [], lost = [] } = receipts ?? {};
  return difference(promised, unionAll([processed, rejected, lost, verdicts.lost]));
}

function duplicatesOf(
  group: GroupRecord,
  ledger: LedgerReport,
  receipts: Receipts | undefined,
): GroupView["duplicates"] {
  const { producedTwice, publishedTwice, redriven } = copiesByKind(receipts ?? emptyReceipts, ledger.retried);
  const totals = [...group.members.values()].map((member) => member.totals);
  const listed = (set: RangeSet): string => formatRanges(set.slice(0, 2 * maxRangesListed));
  return {
    producedTwice: countOf(producedTwice),
    publishedTwice: countOf(publishedTwice),
    redriven: countOf(redriven),
    redelivered: (receipts?.repeats.redelivered ?? 0) + totals.reduce((sum, { redelivered }) => sum + redelivered, 0),
    replayed: receipts?.repeats.replayed ?? 0,
    forwarded: totals.reduce((sum, { forwarded }) => sum + forwarded, 0),
    skipped: totals.reduce((sum, { skipped }) => sum + skipped, 0),
    sequences: {
      producedTwice: listed(producedTwice),
      publishedTwice: listed(publishedTwice),
      redriven: listed(redriven),
    },
    copies: [...Map.groupBy(receipts?.repeats.copies ?? [], ({ sequence }) => sequence)].map(([sequence, places]) => ({
      sequence,
      offsets: places.map(({ offset }) => offset),
    })),
  };
}

/** All streams of a group in one lane together, also those whose ledger nobody knows. */
export function repeatsOfGroup(group: GroupRecord, ledgers: ReadonlyMap<string, LedgerReport>) {
  const totals = [...group.members.values()].map((member) => member.totals);
  const sums = {
    producedTwice: 0,
    publishedTwice: 0,
    redriven: 0,
    redelivered: totals.reduce((sum, { redelivered }) => sum + redelivered, 0),
    replayed: 0,
    forwarded: totals.reduce((sum, { forwarded }) => sum + forwarded, 0),
    skipped: totals.reduce((sum, { skipped }) => sum + skipped, 0),
  };
  for (const [producerId, receipts] of group.receipts) {
    const kinds = copiesByKind(receipts, ledgers.get(producerId)?.retried ?? []);
    sums.producedTwice += countOf(kinds.producedTwice);
    sums.publishedTwice += countOf(kinds.publishedTwice);
    sums.redriven += countOf(kinds.redriven);
    sums.redelivered += receipts.repeats.redelivered;
    sums.replayed += receipts.repeats.replayed;
  }
  return sums;
}

/** What its producer says that it had to try again it stored twice itself; any other copy somebody sent back. */
function copiesByKind({ duplicate, received, processed, deaths }: Receipts, retried: RangeSet) {
  const none: RangeSet = [];
  if (!isEmpty(received)) {
    // A dead letter that was worked in the queue it died in: somebody, or a retry of the application's own, sent it back.
    return { producedTwice: none, publishedTwice: duplicate, redriven: intersection(processed, deadOf(deaths)) };
  }
  return {
    producedTwice: intersection(duplicate, retried),
    publishedTwice: none,
    redriven: difference(duplicate, retried),
  };
}

function memberView({ clientId, claim }: MemberRecord, { standings, services }: Clients): GroupView["members"][number] {
  const { state, committed, inWork, crash } = claim;
  const service = services.get(clientId);
  const standing = standings.get(clientId);
  return {
    clientId,
    state,
    ...(service === undefined ? {} : { service }),
    ...(standing === undefined ? {} : { standing }),
    ...(committed === undefined ? {} : { committed }),
    ...(inWork === undefined ? {} : { inWork }),
    ...(crash === undefined ? {} : { crash }),
  };
}
