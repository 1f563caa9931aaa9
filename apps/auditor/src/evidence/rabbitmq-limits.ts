import type { QueueLimits } from "@seqwatch/core";
import { countOf, type Fields, textOf } from "./json-fields.ts";

/** The arguments of a queue's own, and the definitions of the policies in force. */
export interface QueueSources {
  readonly type: string;
  readonly durable: boolean;
  readonly goesWith: QueueLimits["goesWith"];
  readonly given: Fields;
  readonly policies: readonly Fields[];
}

/** The dead-letter exchange, and the key under which it gets its letters; undefined = the key that they came with. */
export interface DeadLetterTarget {
  readonly exchange: string;
  readonly routingKey: string | undefined;
}

/** What the settings say of messages that nobody takes, but for where a dead-letter exchange leads. */
export function limitsOf(sources: QueueSources): Omit<QueueLimits, "deadLetters"> {
  const lengths = [...numbersOf(sources, "max-length"), ...numbersOf(sources, "max-length-bytes")];
  const overflow = firstOf(sources, "overflow") ?? "drop-head";
  return {
    ttlMs: smallestOf(sources, "message-ttl"),
    dropsHead: lengths.length > 0 && overflow === "drop-head",
    atRestart: atRestart(sources),
    goesWith: sources.goesWith,
    expiresAfterMs: smallestOf(sources, "expires"),
  };
}

export function deadLetterTargetOf(sources: QueueSources): DeadLetterTarget | undefined {
  const exchange = firstOf(sources, "dead-letter-exchange");
  return exchange === undefined ? undefined : { exchange, routingKey: firstOf(sources, "dead-letter-routing-key") };
}

/** A quorum queue writes everything to disk; of a mirrored one other nodes may keep what this one forgets. */
function atRestart({ type, durable, policies }: QueueSources): QueueLimits["atRestart"] {
  if (type === "quorum") return "all";
  if (type !== "classic" || policies.some((policy) => policy["ha-mode"] !== undefined)) return undefined;
  return durable ? "persistent" : "none";
}

/** The queue's own argument goes before a policy. */
function firstOf({ given, policies }: QueueSources, name: string): string | undefined {
  const texts = [given[`x-${name}`], ...policies.map((policy) => policy[name])].map(textOf);
  return texts.find((text) => text !== undefined);
}

/** Where argument and policy disagree the broker takes the smaller. */
function smallestOf(sources: QueueSources, name: string): number | undefined {
  const numbers = numbersOf(sources, name);
  return numbers.length === 0 ? undefined : Math.min(...numbers);
}

function numbersOf({ given, policies }: QueueSources, name: string): readonly number[] {
  return [given[`x-${name}`], ...policies.map((policy) => policy[name])]
    .map(countOf)
    .filter((each) => each !== undefined);
}
