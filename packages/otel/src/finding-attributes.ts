import type { Attributes } from "@opentelemetry/api";
import {
  contains,
  countOf,
  docsOf,
  type Finding,
  formatRanges,
  type GapState,
  laneKeyOf,
  nextStepsOf,
  type RangeSet,
  rangeCountOf,
} from "@seqwatch/core";
import { attributes } from "./attributes.ts";
import { bounded } from "./bounded.ts";

/** Enough to find the messages again, little enough for any backend's limit on a value. */
export const maxReferencesShown = 32;
const maxRangesShown = 64;

/** What is said of a finding, on its span as in its log events. */
export function attributesOf(finding: Finding): Attributes {
  return bounded({
    ...laneAttributesOf(finding),
    ...sequenceAttributesOf(finding),
    [attributes.findingId]: finding.id,
    [attributes.findingState]: finding.state,
    [attributes.verdict]: finding.verdict,
    [attributes.decidedBy]: finding.decidedBy,
    [attributes.openedAt]: new Date(finding.openedAtMs).toISOString(),
    [attributes.producerId]: finding.producerId,
    ...optional(attributes.previousState, previousStateOf(finding)),
    ...optional(attributes.cause, finding.cause),
    ...optional(attributes.producerService, finding.producer?.service),
    ...optional(attributes.producerClientId, finding.producer?.clientId),
    ...optional(attributes.producerInstance, finding.producer?.instance),
    ...explanationOf(finding),
    // A confirmed loss alone is an error: a suspicion that resolves itself must not page anybody.
    ...optional(attributes.errorType, finding.state === "confirmed" ? finding.verdict : undefined),
    ...referenceAttributesOf(referencesOf(finding)),
  });
}

/** Why, and what now: the words that the API shows, for whoever sees the span alone. */
function explanationOf(finding: Finding): Attributes {
  const { facts = [], consumers = [], unattributed } = finding;
  const steps = nextStepsOf(finding).map(({ text, command }) =>
    command === undefined ? text : `${text} ${command.text}`,
  );
  return {
    [attributes.docs]: docsOf(finding),
    [attributes.nextSteps]: steps,
    ...(facts.length > 0 && { [attributes.facts]: [...facts] }),
    ...(consumers.length > 0 && {
      [attributes.consumerInstances]: consumers.map(({ clientId, instance }) => instance ?? clientId),
    }),
    ...(unattributed === true && { [attributes.unattributed]: true }),
  };
}

/** The sequences in the state the finding is in. */
export function sequencesOf(finding: Finding): RangeSet | undefined {
  return finding.sequences[finding.state];
}

/** How many messages a finding is about in the state it is in. */
export function messageCountOf(finding: Finding): number {
  return countOf(sequencesOf(finding) ?? []);
}

/** What the application calls the messages in the state the finding is in: others must not be named beside them. */
function referencesOf(finding: Finding): readonly string[] {
  const sequences = sequencesOf(finding);
  if (finding.messages === undefined || sequences === undefined) return finding.references;
  return finding.messages.filter(({ sequence }) => contains(sequences, sequence)).map(({ text }) => text);
}

function laneAttributesOf({ lane, group, offsets }: Finding): Attributes {
  const isRabbit = lane.system === "rabbitmq";
  return {
    [attributes.system]: lane.system,
    [attributes.destination]: lane.destination,
    [isRabbit ? attributes.routingKey : attributes.partition]: lane.partition,
    [attributes.cluster]: lane.cluster,
    [attributes.lane]: laneKeyOf(lane),
    ...optional(attributes.group, group),
    // For RabbitMQ our group is a queue, which the conventions do not call a consumer group.
    ...optional(attributes.consumerGroup, isRabbit ? undefined : group),
    ...optional(attributes.offsetLow, offsets?.low),
    ...optional(attributes.offsetHigh, offsets?.high),
    ...optional(
      attributes.kafkaOffset,
      lane.system === "kafka" && offsets?.low === offsets?.high ? offsets?.low : undefined,
    ),
  };
}

function sequenceAttributesOf(finding: Finding): Attributes {
  const said: Attributes = { [attributes.messageCount]: messageCountOf(finding) };
  for (const state of states) {
    const sequences = finding.sequences[state];
    if (sequences === undefined || sequences.length === 0) continue;
    said[`${attributes.sequences}.${state.replace("-", "_")}`] = textOf(sequences);
  }
  return said;
}

function textOf(sequences: RangeSet): string {
  const more = rangeCountOf(sequences) - maxRangesShown;
  if (more <= 0) return formatRanges(sequences);
  return `${formatRanges(sequences.slice(0, maxRangesShown * 2))} and ${more} more ranges`;
}

function referenceAttributesOf(references: readonly string[]): Attributes {
  if (references.length === 0) return {};
  const omitted = references.length - maxReferencesShown;
  return {
    [attributes.references]: references.slice(0, maxReferencesShown),
    ...optional(attributes.referencesOmitted, omitted > 0 ? omitted : undefined),
  };
}

function previousStateOf(finding: Finding): GapState | undefined {
  return finding.history.findLast(({ state }) => state !== finding.state)?.state;
}

function optional(name: string, value: string | number | undefined): Attributes {
  return value === undefined ? {} : { [name]: value };
}

const states: readonly GapState[] = [
  "suspected",
  "pending",
  "in-doubt",
  "explained",
  "confirmed",
  "withdrawn",
  "not-sent",
];
