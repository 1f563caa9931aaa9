import type { LoggedCopy, Repeats } from "@seqwatch/core";
import { parseInteger } from "./numbers.ts";

/** `sequence@offset,sequence@offset` */
export function formatCopies(copies: readonly LoggedCopy[]): string {
  return copies.map(({ sequence, offset }) => `${sequence}@${offset}`).join(",");
}

/** `redelivered,replayed;copies` */
export function parseRepeats(text: string): Repeats | undefined {
  const [counts = "", places = ""] = text.split(";");
  const [redelivered, replayed] = counts.split(",").map(parseInteger);
  const copies = parseCopies(places);
  if (redelivered === undefined || replayed === undefined || copies === undefined) return undefined;
  return { redelivered, replayed, copies };
}

function parseCopies(text: string): readonly LoggedCopy[] | undefined {
  const copies: LoggedCopy[] = [];
  for (const piece of text === "" ? [] : text.split(",")) {
    const [sequence, offset] = piece.split("@").map(parseInteger);
    if (sequence === undefined || offset === undefined) return undefined;
    copies.push({ sequence, offset });
  }
  return copies;
}
