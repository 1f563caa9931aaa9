import { count, counted } from "../words.ts";
import type { Summary } from "./summary.ts";

/** What came of it, in sentences. */
export function verdictOf(summary: Summary): string {
  return summary.holds ? goodVerdict(summary) : badVerdict(summary);
}

function goodVerdict({ lost, found, kafka, rabbitmq, inDoubt, expectedInDoubt, rejected, unaudited }: Summary): string {
  const sentences: string[] = [];
  if (lost === 0) sentences.push("Nothing was lost, and nothing was named.");
  else if (found === lost) {
    const where = `${count(kafka.lost)} over Kafka and ${count(rabbitmq.lost)} over RabbitMQ`;
    sentences.push(`All ${count(lost)} lost messages (${where}) were found, by name, and nothing else was named.`);
  } else {
    sentences.push(`${count(found)} of ${count(lost)} lost messages were found, and nothing else was named.`);
    sentences.push("The others are shown as in doubt or were sent unaudited: recording was off for a while.");
  }
  if (inDoubt > 0 && inDoubt === expectedInDoubt) {
    sentences.push(`${count(inDoubt)} are in doubt, as they have to be: a consumer died with them in its hands.`);
  }
  if (rejected > 0)
    sentences.push(`${counted(rejected, "message")} ${wasOrWere(rejected)} rejected to the application.`);
  if (unaudited > 0) sentences.push(`${counted(unaudited, "message")} went out while recording was off.`);
  return sentences.join(" ");
}

function wasOrWere(value: number): string {
  return value === 1 ? "was" : "were";
}

function badVerdict({ amiss, lost, found, falselyNamed, inDoubt, expectedInDoubt }: Summary): string {
  const parts: string[] = [];
  if (lost !== found) parts.push(`${count(lost - found)} of ${count(lost)} lost messages were not found`);
  if (falselyNamed > 0) parts.push(`${counted(falselyNamed, "message")} ${wasOrWere(falselyNamed)} named and not lost`);
  if (amiss["unexpectedDoubts"] !== undefined || amiss["missingDoubts"] !== undefined) {
    parts.push(`${count(inDoubt)} are in doubt where ${count(expectedInDoubt)} had to be`);
  }
  if (amiss["unnamed"] !== undefined) parts.push("some findings do not name all their messages");
  const examples = Object.entries(amiss).map(([what, names]) => `${what}: ${names.slice(0, 3).join(", ")}`);
  return `It does not hold: ${parts.join(", ")}.\n${examples.join("\n")}`;
}
