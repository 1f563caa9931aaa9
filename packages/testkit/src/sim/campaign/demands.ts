import { kafkajsFaults } from "../adapters/kafkajs-run.ts";
import { noFaults as noKafkaFaults } from "../kafka/faults.ts";
import { noFaults as noRabbitFaults } from "../rabbitmq/faults.ts";
import type { CampaignSummary } from "./campaign.ts";
import type { SimSystem } from "./play.ts";

/** Below so many messages chance decides what a campaign reaches. */
export const demandingFrom = 10_000_000;

/** Why a large campaign is red though no run of it was wrong: what it claims to cover and did not reach, or too much doubt. */
export function unmetDemands(summary: CampaignSummary, systems: readonly SimSystem[]): readonly string[] {
  if (summary.messages < demandingFrom) return [];
  const { messagesPerFault, inDoubtShareWithoutKills } = summary;
  return [
    ...unreached(summary, systems),
    ...(messagesPerFault > maxMessagesPerFault
      ? [`One fault in ${messagesPerFault} messages; there should be one in ${maxMessagesPerFault}.`]
      : []),
    ...(inDoubtShareWithoutKills > maxDoubtShare
      ? [`Without kills ${inDoubtShareWithoutKills} of the messages ended in doubt; at most ${maxDoubtShare} may.`]
      : []),
  ];
}

function unreached(
  { faultsByKind, confirmedByVerdict, inDoubtByCause }: CampaignSummary,
  systems: readonly SimSystem[],
) {
  const missing = (kind: string, names: readonly string[], reached: Readonly<Record<string, number>>) =>
    names.filter((name) => (reached[name] ?? 0) === 0).map((name) => `${kind} ${name} was never reached.`);
  return systems.flatMap((system) => [
    ...missing(
      "The fault",
      claims[system].faults.map((name) => `${system}.${name}`),
      faultsByKind,
    ),
    ...missing("The verdict", claims[system].verdicts, confirmedByVerdict),
    ...missing("The doubt", claims[system].doubts, inDoubtByCause),
  ]);
}

interface Claim {
  readonly faults: readonly string[];
  readonly verdicts: readonly string[];
  readonly doubts: readonly string[];
}

/** What each simulator claims to cover. */
const claims: Readonly<Record<SimSystem, Claim>> = {
  kafka: {
    faults: Object.keys(noKafkaFaults),
    verdicts: [
      "produce.ack-missing",
      "produce.mis-acked",
      "store.missing",
      "store.retention",
      "store.truncated",
      "store.dropped",
      "consume.given-up",
      "consume.skipped",
    ],
    doubts: ["two-eras", "not-testified", "member-died", "foreign-member", "unstamped-in-range", "contradiction"],
  },
  rabbitmq: {
    faults: Object.keys(noRabbitFaults).filter((name) => name !== "publishEveryMs"),
    verdicts: ["produce.unroutable", "store.dropped", "store.expired", "store.restarted"],
    doubts: ["foreign-member", "joined-late", "state-lost", "not-provable"],
  },
  kafkajs: {
    faults: kafkajsFaults,
    verdicts: ["produce.ack-missing", "produce.mis-acked", "consume.given-up", "consume.skipped"],
    doubts: ["not-testified", "member-died"],
  },
};

const maxMessagesPerFault = 10_000;
const maxDoubtShare = 0.001;
