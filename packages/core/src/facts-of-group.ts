import { instanceOf, nameOf, offsetsIn, sequencesIn } from "./fact-words.ts";
import type { Question } from "./finding-facts.ts";
import type { PassResult } from "./findings.ts";
import type { GroupOffsets, GroupRecord, MemberRecord } from "./lane-record.ts";
import { countOf, difference, intersection, isEmpty, lastOf, rangeOf, union, unionAll } from "./range-set.ts";
import { noReceipts, processedOf } from "./stream-facts.ts";

/** What a group's members reported: how far it is, what it did at the offsets in question, and who they are. */
export function factsOfGroup(name: string, question: Question, pass: PassResult): readonly string[] {
  const group = pass.snapshot.groups.get(name);
  if (group === undefined) return [`Nobody has reported for ${name} yet.`];
  return [
    aboutStream(name, group, question, pass),
    ...(pass.lane.system === "kafka" ? aboutOffsets(name, group, question, pass) : []),
    ...[...group.members.values()].slice(-maxMembersSaid).map((member) => aboutMember(member, pass)),
  ];
}

function aboutStream(name: string, group: GroupRecord, { producerId, sequences }: Question, pass: PassResult): string {
  const receipts = group.receipts.get(producerId) ?? noReceipts;
  const assigned = pass.snapshot.ledgers.get(producerId)?.assigned ?? Number.POSITIVE_INFINITY;
  const processed = processedOf(receipts, assigned);
  const received = unionAll([receipts.received, processed, receipts.rejected]);
  const got = intersection(received, sequences);
  const none = isEmpty(got) ? "none of these" : `of these ${sequencesIn(got)}`;
  const ahead = receipts.firstDelivered > 0 ? `; the furthest first delivery was ${receipts.firstDelivered}` : "";
  return `${name} processed ${countOf(processed)} messages of the stream and received ${none}${ahead}.`;
}

function aboutOffsets(name: string, group: GroupRecord, { offsets }: Question, pass: PassResult): readonly string[] {
  const done = group.done.get(pass.snapshot.era);
  if (done === undefined) return [`${name} has finished no offset of this log yet.`];
  const highest = lastOf(allOf(done)) ?? -1;
  const reach = `${name} has finished offsets up to ${highest}.`;
  if (offsets === undefined || !Number.isFinite(offsets.high) || offsets.high < offsets.low) return [reach];
  const place = rangeOf(offsets.low, offsets.high);
  const said: string[] = [];
  const handled = intersection(done.handled, place);
  if (!isEmpty(handled)) said.push(`handled ${offsetsIn(handled)}`);
  const givenUp = intersection(done.givenUp, place);
  if (!isEmpty(givenUp)) said.push(`left ${offsetsIn(givenUp)} when a handler was over`);
  const jumped = intersection(done.jumped, place);
  if (!isEmpty(jumped)) said.push(`moved past ${offsetsIn(jumped)}`);
  const silent = difference(place, allOf(done));
  if (!isEmpty(silent)) said.push(`said nothing about ${offsetsIn(silent)}`);
  return [reach, `Where it could be, ${name} ${said.join(", ")}.`];
}

function aboutMember({ clientId, claim }: MemberRecord, pass: PassResult): string {
  const standing =
    claim.state === "closed" ? "has left in order" : (standings[pass.clients?.get(clientId) ?? ""] ?? "has reported");
  const committed = claim.committed === undefined ? "" : `; its own last commit is ${claim.committed}`;
  const { inWork, crash } = claim;
  const work =
    inWork === undefined ? "" : `; it has been at offset ${inWork.offset} for ${inWork.forMs} ms, try ${inWork.tries}`;
  const end = crash === undefined ? "" : `; its consumer ended for good: ${crash}`;
  return `${nameOf(instanceOf(clientId, pass))} ${standing}${committed}${claim.state === "closed" ? "" : work}${end}.`;
}

function allOf({ handled, givenUp, jumped }: GroupOffsets) {
  return union(handled, union(givenUp, jumped));
}

const maxMembersSaid = 3;

const standings: Readonly<Record<string, string>> = {
  alive: "is alive",
  silent: "fell silent without leaving",
  off: "is switched off",
  closed: "has left in order",
};
