import type { Attributes } from "@opentelemetry/api";

/** Names may be of any length, and backends drop what is too long, or the whole batch with it. */
const maxLength = 1_024;
const maxItems = 128;

/** Attributes as every backend takes them: well-formed texts of at most 1,024 characters, lists of at most 128. */
export function bounded(attributes: Attributes): Attributes {
  const entries = Object.entries(attributes).map(([name, value]) => [name, boundedValue(value)] as const);
  return Object.fromEntries(entries);
}

/** A text of bounded length, without halves of characters. */
export function boundedText(text: string): string {
  return (text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`).toWellFormed();
}

function boundedValue(value: Attributes[string]): Attributes[string] {
  if (typeof value === "string") return boundedText(value);
  if (!Array.isArray(value)) return value;
  const texts = value.filter((item) => typeof item === "string").map(boundedText);
  return texts.length === value.length ? texts.slice(0, maxItems) : value;
}
