import { originHeader, parseStamp, stampHeader } from "@seqwatch/core";

/** A copy of a message's headers that waits for its stamp; "as-is" = this message cannot be stamped. */
export type HeaderCopy = Record<string, unknown> | "as-is";

/**
 * Copies a message's headers the way kafkajs reads them (`Object.keys`, undefined as none), so that the copy ends as
 * the same bytes or the same error. What kafkajs will refuse, and a header of the application's own under our name,
 * stay as they are. A stamp that the message came with is kept under the name for forwarded ones.
 */
export function copyHeaders(headers: unknown): HeaderCopy {
  if (headers === undefined) return {};
  if (headers === null) return "as-is";
  try {
    const copy: Record<string, unknown> = { ...headers };
    if (!Object.hasOwn(copy, stampHeader)) return copy;
    if (parseStamp(copy[stampHeader]) === undefined) return "as-is";
    copy[originHeader] = copy[stampHeader];
    return copy;
  } catch {
    // A getter of the application threw; kafkajs will meet the same one and say so.
    return "as-is";
  }
}

/** Takes our stamp off again and puts back what the message came with. Only for headers that were stamped. */
export function withoutStamp(headers: unknown): Record<string, unknown> {
  const copy: Record<string, unknown> = { ...(typeof headers === "object" ? headers : undefined) };
  delete copy[stampHeader];
  if (Object.hasOwn(copy, originHeader)) {
    copy[stampHeader] = copy[originHeader];
    delete copy[originHeader];
  }
  return copy;
}
