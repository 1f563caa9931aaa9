import {
  emptyLane,
  type LedgerReport,
  noRequests,
  noVerdicts,
  parseRanges,
  type StoredLane,
  type StreamRequests,
  type StreamVerdicts,
} from "@seqwatch/core";
import { GroupsDecoder } from "./group-decoder.ts";
import { parseLedger } from "./ledger-text.ts";
import { parseInteger } from "./numbers.ts";

/** A record as read, and the names of the fields that could not be: they count as absent. */
export interface DecodedLane {
  readonly lane: StoredLane;
  readonly damaged: readonly string[];
}

/**
 * Reads a lane's hash; docs/store.md lists its fields. Whatever stands in it, this returns: Redis is shared, and a
 * field that somebody else wrote, or a newer version of ours, must not keep the rest from being audited.
 */
export function decodeLane(fields: ReadonlyMap<string, string>): DecodedLane {
  const streams = new StreamsDecoder(fields);
  const groups = new GroupsDecoder(fields);
  const damaged: string[] = [];
  for (const [field, text] of fields) {
    if (!streams.read(field, text) && !groups.read(field, text)) damaged.push(field);
  }
  const { ledgers, verdicts, requests } = streams;
  const collected = parseTally(fields.get("T"));
  const numbers = { version: numberIn(fields, "v") ?? 0, era: numberIn(fields, "e") ?? 0, cut: numberIn(fields, "c") };
  return {
    lane: { ...emptyLane, ...numbers, collected, ledgers, verdicts, requests, groups: groups.finish() },
    damaged,
  };
}

function numberIn(fields: ReadonlyMap<string, string>, field: string): number | undefined {
  return parseInteger(fields.get(field));
}

/** `streams,messages,lost,highest` of what was collected. */
function parseTally(text: string | undefined): StoredLane["collected"] {
  const parts = (text ?? "").split(",").map(parseInteger);
  const [streams, messages, lost, highest] = parts;
  if (streams === undefined || messages === undefined || lost === undefined || highest === undefined) {
    return emptyLane.collected;
  }
  return { streams, messages, lost, highest };
}

const verdictSets: ReadonlyMap<string, keyof StreamVerdicts> = new Map([
  ["s", "seen"],
  ["L", "lost"],
  ["W", "withdrawn"],
]);

/** Reads the fields of the lane itself and of its streams. */
class StreamsDecoder {
  readonly ledgers = new Map<string, LedgerReport>();
  readonly verdicts = new Map<string, StreamVerdicts>();
  readonly requests = new Map<string, StreamRequests>();
  readonly #fields: ReadonlyMap<string, string>;

  constructor(fields: ReadonlyMap<string, string>) {
    this.#fields = fields;
  }

  /** Whether the field is one of these, and sound. */
  read(field: string, text: string): boolean {
    const kind = field.charAt(0);
    const producerId = field.slice(1);
    switch (kind) {
      case "v":
      case "e":
      case "c":
      case "G":
      case "X":
        return producerId === "" && parseInteger(text) !== undefined;
      case "T":
        return producerId === "" && parseTally(text).streams > 0;
      case "l":
        return this.#readLedger(producerId, text);
      case "k":
      case "w":
      case "y":
      case "n":
        // Read together with the ledger that they are parts of.
        return this.#fields.has(`l${producerId}`);
      case "A":
      case "S":
        // Only the scripts need what a producer is told.
        return true;
      case "F":
        return this.#readFloor(producerId, text);
      default:
        return this.#readVerdict(verdictSets.get(kind), producerId, text);
    }
  }

  #readLedger(producerId: string, ledger: string): boolean {
    const part = (kind: string): string => this.#fields.get(kind + producerId) ?? "";
    const texts = { ledger, chunks: part("k"), outcomes: part("w"), voided: part("y"), references: part("n") };
    const report = parseLedger(producerId, texts);
    if (report !== undefined) this.ledgers.set(producerId, report);
    return report !== undefined;
  }

  #readFloor(producerId: string, text: string): boolean {
    const floor = parseInteger(text);
    if (floor !== undefined) this.requests.set(producerId, { ...noRequests, floor });
    return floor !== undefined;
  }

  #readVerdict(set: keyof StreamVerdicts | undefined, producerId: string, text: string): boolean {
    const sequences = parseRanges(text);
    if (set === undefined || sequences === undefined) return false;
    this.verdicts.set(producerId, { ...(this.verdicts.get(producerId) ?? noVerdicts), [set]: sequences });
    return true;
  }
}
