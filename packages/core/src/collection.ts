import { carryWaiting, type Waiting } from "./collection-wait.ts";
import type { ClientStanding, Judgement } from "./judge.ts";
import type { GroupRecord, LaneRecord, MemberRecord } from "./lane-record.ts";
import type { LedgerReport } from "./ledger-report.ts";
import type { Policy } from "./policy.ts";
import { difference, isEmpty, rangeOf, unionAll } from "./range-set.ts";
import type { KafkaReading, RabbitReading } from "./reading.ts";
import { noReceipts, processedOf, type StreamFacts, streamFactsOf } from "./stream-facts.ts";

/**
 * What may go from a lane's record. Each part names the number that it was decided on: the store keeps what has been
 * written since. Only what nobody will ask for again goes, so that state follows what is alive (DESIGN section 4).
 */
export interface Collection {
  readonly streams: readonly { readonly producerId: string; readonly number: number }[];
  readonly members: readonly { readonly group: string; readonly memberId: string; readonly number: number }[];
  /** Groups that nobody reads in any more; each goes only once it has no members left. */
  readonly groups: readonly string[];
  /** The whole record goes where it is still of this version; the other parts are empty then. */
  readonly wholeAtVersion: number | undefined;
}

export interface CollectionInput {
  readonly snapshot: LaneRecord;
  readonly reading: KafkaReading | RabbitReading | undefined;
  readonly clients: ReadonlyMap<string, ClientStanding>;
  /** What is missing now, and what is about to be made final: neither is collected. */
  readonly judgement: Judgement;
  /** By key, what could go, since when, and what it looked like then. The auditor's own; losing it only delays. */
  readonly waiting: Waiting;
  /** Monotonic. */
  readonly nowMs: number;
  readonly policy: Policy;
}

/** What goes now, what waits for its time, and when the next of those is due. */
export interface CollectionPlan {
  readonly due: Collection;
  readonly waiting: Waiting;
  readonly nextAtMs: number;
}

/** Decides what of a lane has had its time: what ended and was finished, who left, which group is gone. */
export function planCollection(input: CollectionInput): CollectionPlan {
  const { snapshot, nowMs, policy } = input;
  const gone = new Set([...snapshot.groups.keys()].filter((name) => isGoneGroup(input, name)));
  const busy = undecidedIn(input.judgement);
  const wishes = [
    ...[...snapshot.ledgers.values()].flatMap((ledger) => streamWish(input, ledger, gone, busy)),
    ...[...snapshot.groups].flatMap(([name, group]) => memberWishes(input, name, group)),
    ...[...snapshot.groups].flatMap(([name, group]) => groupWish(input, name, group, gone)),
    ...wholeWish(snapshot, policy),
  ];
  const { waiting, ripe, nextAtMs } = carryWaiting(input.waiting, wishes, nowMs);
  return { due: ripe.reduce(joined, nothing), waiting, nextAtMs };
}

export function isNothing(collection: Collection): boolean {
  const { streams, members, groups, wholeAtVersion } = collection;
  return streams.length + members.length + groups.length === 0 && wholeAtVersion === undefined;
}

/** Something that goes once it has looked the same for so long. */
export interface Wish {
  readonly key: string;
  readonly look: string;
  readonly waitMs: number;
  readonly part: Partial<Collection>;
}

const nothing: Collection = { streams: [], members: [], groups: [], wholeAtVersion: undefined };

function joined(collection: Collection, { part }: Wish): Collection {
  return {
    streams: [...collection.streams, ...(part.streams ?? [])],
    members: [...collection.members, ...(part.members ?? [])],
    groups: [...collection.groups, ...(part.groups ?? [])],
    wholeAtVersion: part.wholeAtVersion ?? collection.wholeAtVersion,
  };
}

/** What a group has yet to reach, and what is still being looked into, stays for as long as that takes. */
function undecidedIn({ gaps, proofs, memory }: Judgement): ReadonlySet<string> {
  const open = gaps.filter(({ state }) => state === "pending" || state === "suspected");
  const watched = [...memory.kafka.streams].filter(([, { gone, displaced, candidates }]) =>
    [gone, displaced, ...candidates.values()].some((aged) => aged.length > 0),
  );
  return new Set([...[...open, ...proofs].map(({ producerId }) => producerId), ...watched.map(([id]) => id)]);
}

function streamWish(
  input: CollectionInput,
  ledger: LedgerReport,
  gone: ReadonlySet<string>,
  busy: ReadonlySet<string>,
): readonly Wish[] {
  const { producerId, number, ended, assigned } = ledger;
  if (busy.has(producerId) || !isOver(input, ledger)) return [];
  const isDone = ended === assigned && isFinished(input.snapshot, streamFactsOf(input.snapshot, ledger), gone);
  const waitMs = isDone ? input.policy.keepEndedMs : input.policy.keepOpenMs;
  return [{ key: `stream ${producerId}`, look: `${number}`, waitMs, part: { streams: [{ producerId, number }] } }];
}

/**
 * Nobody sends in it any more. A stream of which only the first report came is kept while its client may be alive: sent
 * again, that report would look like a new stream's, and nothing would tell that its receipts are gone.
 */
function isOver({ clients }: CollectionInput, { clientId, ended, assigned, number }: LedgerReport): boolean {
  const standing = clients.get(clientId);
  if (standing === "closed") return true;
  if (number < 2) return false;
  return ended === assigned || standing === "silent" || standing === undefined;
}

/** Every living group has finished all of it, and nothing is unsettled. Where no group ever read, nobody finished. */
function isFinished(snapshot: LaneRecord, facts: StreamFacts, gone: ReadonlySet<string>): boolean {
  const living = [...snapshot.groups].filter(([name]) => !gone.has(name));
  return living.length > 0 && living.every(([, group]) => hasFinished(group, facts));
}

function hasFinished(group: GroupRecord, { ledger, verdicts, voided }: StreamFacts): boolean {
  const receipts = group.receipts.get(ledger.producerId) ?? noReceipts;
  const processed = processedOf(receipts, ledger.assigned);
  const settled = [processed, receipts.rejected, receipts.lost, verdicts.lost, voided, ledger.returned];
  return isEmpty(difference(rangeOf(Math.max(1, ledger.floor), ledger.assigned), unionAll(settled)));
}

/** Those that left, and those that died: what a dead one held was doubted long ago. */
function memberWishes(input: CollectionInput, group: string, { members }: GroupRecord): readonly Wish[] {
  const { keepEndedMs, keepOpenMs } = input.policy;
  return [...members].flatMap(([memberId, member]): readonly Wish[] => {
    const isClosed = member.claim.state === "closed";
    if (!isClosed && (isHeard(input, member) || hasStrangers(input, group))) return [];
    const { number } = member;
    const part = { members: [{ group, memberId, number }] };
    const waitMs = isClosed ? keepEndedMs : keepOpenMs;
    return [{ key: `member ${group} ${memberId}`, look: `${number} ${member.claim.state}`, waitMs, part }];
  });
}

function isHeard({ clients }: CollectionInput, { clientId }: MemberRecord): boolean {
  const standing = clients.get(clientId);
  return standing === "alive" || standing === "off";
}

/** A member that fell silent may work on unheard; while the broker counts somebody like that, its mark stays. */
function hasStrangers({ reading }: CollectionInput, group: string): boolean {
  if (reading?.kind === "rabbitmq") return false;
  return reading?.groups.get(group)?.foreignMemberCount !== 0;
}

/** A group that the broker has forgotten, or in which nobody has been heard for a week. */
function groupWish(
  input: CollectionInput,
  name: string,
  { members }: GroupRecord,
  gone: ReadonlySet<string>,
): readonly Wish[] {
  if ([...members.values()].some((member) => member.claim.state !== "closed" && isHeard(input, member))) return [];
  const { keepEndedMs, keepGroupMs } = input.policy;
  const part = {
    groups: [name],
    members: [...members].map(([memberId, { number }]) => ({ group: name, memberId, number })),
  };
  const isGone = gone.has(name);
  return [{ key: `group ${name}`, look: `${isGone}`, waitMs: isGone ? keepEndedMs : keepGroupMs, part }];
}

/** Whether the broker itself says that it does not know the group any more. */
function isGoneGroup({ reading, snapshot, clients }: CollectionInput, name: string): boolean {
  const members = [...(snapshot.groups.get(name)?.members.values() ?? [])];
  if (members.some(({ claim, clientId }) => claim.state === "open" && clients.get(clientId) === "alive")) return false;
  if (reading?.kind === "kafka") return reading.groups.get(name)?.isGone === true;
  return reading?.queues.get(name)?.reading?.exists === false;
}

/** A lane in which nobody sends any more, and nothing is open. */
function wholeWish({ ledgers, version }: LaneRecord, { keepEndedMs }: Policy): readonly Wish[] {
  if (version === 0 || ledgers.size > 0) return [];
  return [{ key: "lane", look: `${version}`, waitMs: keepEndedMs, part: { wholeAtVersion: version } }];
}
