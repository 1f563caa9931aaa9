import { type Command, type KafkaPlace, resetGroup, seekConsumer } from "./commands.ts";
import type { Finding } from "./finding.ts";
import { contains, eachMember, isEmpty } from "./range-set.ts";
import { formatRanges } from "./range-set-text.ts";

/** One thing to do about a finding: a sentence, and where there is one a command that does it. */
export interface NextStep {
  readonly text: string;
  readonly command?: Command;
}

/** What the auditor knows besides the finding. */
export interface StepSurroundings {
  /** HOST:PORT,… as the auditor itself reaches Kafka. */
  readonly kafkaBrokers?: string | undefined;
  /** The virtual host of RabbitMQ that the auditor itself reads. */
  readonly virtualHost?: string | undefined;
}

/** A finding as steps need it: its names, ready to be put into a command. */
export interface StepAbout {
  readonly finding: Finding;
  readonly isKafka: boolean;
  /** Kafka. */
  readonly place: KafkaPlace;
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly group: string | undefined;
  /** RabbitMQ. */
  readonly virtualHost: string;
  readonly exchange: string;
  readonly routingKey: string;
}

export type Steps = (about: StepAbout) => readonly NextStep[];

export function aboutOf(finding: Finding, surroundings: StepSurroundings): StepAbout {
  const { lane, offsets, group } = finding;
  return {
    finding,
    isKafka: lane.system === "kafka",
    place: { brokers: surroundings.kafkaBrokers, topic: lane.destination, partition: lane.partition },
    low: offsets?.low,
    high: offsets?.high,
    group,
    virtualHost: virtualHostOf(lane.cluster, surroundings.virtualHost),
    exchange: lane.destination,
    routingKey: lane.partition,
  };
}

/**
 * Clients name a RabbitMQ cluster CLUSTER/VIRTUAL-HOST, and either may hold a slash. What the auditor reads itself is
 * known; else "//" at the end can only be the virtual host "/", and RabbitMQ's own names of clusters hold no slash.
 */
function virtualHostOf(cluster: string, known: string | undefined): string {
  if (known !== undefined && cluster.endsWith(`/${known}`)) return known;
  if (cluster.endsWith("//")) return "/";
  const slash = cluster.indexOf("/");
  return slash < 0 ? "/" : cluster.slice(slash + 1);
}

/** The messages in the state the finding is in, by the application's own names where they were kept. */
export function messagesOf({ finding }: StepAbout): string {
  const sequences = finding.sequences[finding.state] ?? [];
  const names = (finding.messages ?? [])
    .filter(({ sequence }) => contains(sequences, sequence))
    .map(({ text }) => text);
  if (names.length > 0) return names.slice(0, maxNamed).join(", ") + moreOf(names.length);
  if (isEmpty(sequences)) return "the messages of this finding";
  const isFew = [...eachMember(sequences, maxNamed + 1)].length <= maxNamed || sequences.length <= 2 * maxNamed;
  const shown = formatRanges(sequences.slice(0, 2 * maxNamed));
  return `what producer ${finding.producerId} numbered ${isFew ? shown : `${shown} and more`}`;
}

/** Publishing once more is the application's own affair: only it knows what the message was. */
export function sendAgain(about: StepAbout): NextStep {
  const hasNames = (about.finding.messages ?? []).length > 0;
  const naming = hasNames ? "" : " The option `reference` makes later findings name messages in your own words.";
  return { text: `Send again, unless the application did: ${messagesOf(about)}.${naming}` };
}

/** Both ways to give a group the offsets once more. */
export function goBack(about: StepAbout): readonly NextStep[] {
  const { low, group, place } = about;
  if (low === undefined || group === undefined) return [];
  return [
    {
      text: `Stop the group, set it back to offset ${low}, and start it: it gets that offset and all that follow once more, so its handler must bear repeats.`,
      command: resetGroup(place, group, low),
    },
    { text: "Or set a running consumer back from inside the application.", command: seekConsumer(place, low) },
  ];
}

const maxNamed = 16;

function moreOf(count: number): string {
  return count > maxNamed ? ` and ${count - maxNamed} more` : "";
}
