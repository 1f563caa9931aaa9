import type { Finding } from "./finding.ts";
import { stepsByCause } from "./next-steps-cause.ts";
import { stepsByVerdict, stepsOfPassingQueue } from "./next-steps-verdict.ts";
import { aboutOf, type NextStep, type StepAbout, type StepSurroundings } from "./step-about.ts";

export type { Command } from "./commands.ts";
export type { NextStep, StepSurroundings } from "./step-about.ts";

/**
 * What a person can do about a finding, the most useful first, with its own names and offsets filled in and quoted.
 * Never empty. What is in doubt is answered by its cause, for that is what hides the truth.
 */
export function nextStepsOf(finding: Finding, surroundings: StepSurroundings = {}): readonly NextStep[] {
  const steps = stepsOf(finding, surroundings);
  const asksKafka = steps.some(({ command }) => command?.language === "sh" && command.text.startsWith("kafka-"));
  return asksKafka ? [...steps, securedKafka] : steps;
}

/** Once for all commands of a finding: only the operator knows by which rights the brokers may be asked. */
const securedKafka: NextStep = {
  text: "Where the brokers ask for TLS or a password, put security.protocol and the sasl.* and ssl.* settings into a file, and add this to each kafka-*.sh command (before Kafka 4.2, kafka-console-consumer.sh calls it --consumer.config).",
  command: { language: "sh", text: "--command-config client.properties" },
};

function stepsOf(finding: Finding, surroundings: StepSurroundings): readonly NextStep[] {
  const about = aboutOf(finding, surroundings);
  switch (finding.state) {
    case "pending":
      if (finding.verdict === "consume.stopped") return stepsByVerdict[finding.verdict](about);
      return [{ text: "Wait: the group has not got there." }];
    case "suspected":
      return [{ text: "Wait some seconds: the evidence is being read." }, ...stepsByVerdict[finding.verdict](about)];
    case "in-doubt":
      return stepsByCause[finding.cause ?? "not-testified"](about);
    case "withdrawn":
      return [
        { text: "It was called lost and was processed after all: do not send it again." },
        {
          text: "Tell the makers of Seqwatch, with this finding as JSON: each one is a bug, or an assumption that broke.",
        },
      ];
    case "explained":
      return stepsWhereExplained(about);
    case "confirmed":
    case "not-sent":
      break;
  }
  return stepsByVerdict[finding.verdict](about);
}

/** What is accounted for asks for nothing, but for what the application may not have meant. */
function stepsWhereExplained(about: StepAbout): readonly NextStep[] {
  const { decidedBy, verdict } = about.finding;
  if (decidedBy === "It turned up.") return [{ text: "Nothing to do: it was only late." }];
  // Explained alone is what went with a queue that goes by itself.
  if (verdict === "store.dropped" && !about.isKafka) return stepsOfPassingQueue(about);
  if (verdict !== "consume.unprocessed") return stepsByVerdict[verdict](about);
  return [{ text: "Nothing to do, if the group was given up for good: the broker does not know it any more." }];
}
