import { at, listAt, numberAt, textAt } from "./untyped.ts";

/** The one offset that was asked for. */
export function offsetOf(answer: unknown): number {
  const offset = numberAt(listAt(listAt(answer, "responses")[0], "partitions")[0], "offset");
  if (!Number.isSafeInteger(offset) || offset < 0) throw new Error("The broker told no offset.");
  return offset;
}

/** What a group has committed in a partition; undefined = nothing. */
export function committedOf(answer: unknown, topic: string, partition: number): number | undefined {
  const entry = listAt(answer, "responses").find((one) => textAt(one, "topic") === topic);
  const found = listAt(entry, "partitions").find((one) => numberAt(one, "partition") === partition);
  const offset = numberAt(found, "offset");
  return Number.isSafeInteger(offset) && offset >= 0 ? offset : undefined;
}

/** The broker understands, and refuses: trying again at once would only annoy it. */
export function isDenied(error: unknown): boolean {
  return textAt(error, "type").endsWith("_AUTHORIZATION_FAILED") || isDeniedWithin(error);
}

/** kafkajs wraps what made it give up. */
function isDeniedWithin(error: unknown): boolean {
  const cause = at(error, "cause") ?? at(error, "originalError");
  return cause !== undefined && isDenied(cause);
}
