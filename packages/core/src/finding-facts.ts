import { instanceOf } from "./fact-words.ts";
import { factsOfGroup } from "./facts-of-group.ts";
import { factsOfLedger } from "./facts-of-ledger.ts";
import { factsOfReading } from "./facts-of-reading.ts";
import type { Gap, Instance } from "./finding.ts";
import type { PassResult } from "./findings.ts";
import { emptyGroup } from "./stored-lane.ts";

/** What facts are asked about. */
export type Question = Pick<Gap, "producerId" | "group" | "sequences" | "offsets" | "facts">;

/**
 * The facts behind a gap as this pass saw them, for people: what the judge says of it, what the producer knows of these
 * messages, what the group had finished, and what the broker showed. They decide nothing, and are said in that order.
 */
export function factsOf(question: Question, pass: PassResult): readonly string[] {
  const { group } = question;
  const groups = group === undefined ? [...pass.snapshot.groups.keys()].slice(0, maxGroups) : [group];
  return [
    ...(question.facts ?? []).slice(0, maxOwnFacts),
    ...factsOfLedger(question, pass).slice(0, maxLedgerFacts),
    ...groups.flatMap((name) => factsOfGroup(name, question, pass)).slice(0, maxGroupFacts),
    ...factsOfReading(groups, pass).slice(0, maxReadingFacts),
  ];
}

/** Who works for the group, as far as they have reported of this lane; those of the group alone. */
export function consumersOf(group: string | undefined, pass: PassResult): readonly Instance[] {
  if (group === undefined) return [];
  const { members } = pass.snapshot.groups.get(group) ?? emptyGroup;
  const clientIds = new Set([...members.values()].map((member) => member.clientId));
  return [...clientIds].slice(-maxConsumers).map((clientId) => instanceOf(clientId, pass));
}

const maxGroups = 2;
const maxConsumers = 16;
/** A short list, of which no part crowds out another: the store keeps it with each finding. */
const maxOwnFacts = 3;
const maxLedgerFacts = 5;
const maxGroupFacts = 6;
const maxReadingFacts = 4;
