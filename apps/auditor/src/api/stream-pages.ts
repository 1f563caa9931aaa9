import { type ClientStanding, type Lane, type LaneKey, type LaneRecord, parseLaneKey } from "@seqwatch/core";
import type { Static } from "typebox";
import type { streamSchema } from "./schemas.ts";
import { streamView } from "./views.ts";

export interface StreamSources {
  readonly laneKeys: () => Iterable<LaneKey>;
  readonly readLane: (lane: Lane) => Promise<LaneRecord>;
  readonly standings: () => ReadonlyMap<string, ClientStanding>;
  readonly services: () => ReadonlyMap<string, string>;
}

export interface StreamQuery {
  readonly system: string | undefined;
  readonly destination: string | undefined;
  readonly limit: number;
  readonly cursor: StreamCursor | undefined;
}

export interface StreamCursor {
  readonly key: LaneKey;
  readonly producerId: string;
}

/** A page reads no more lanes than this, however few streams they hold. */
const maxLanesRead = 200;

/** A page of streams, ordered by lane and producer. The records are read as they are now; nothing is kept. */
export async function readStreamPage(
  sources: StreamSources,
  query: StreamQuery,
): Promise<{ readonly streams: Static<typeof streamSchema>[]; readonly next: StreamCursor | undefined }> {
  const clients = { standings: sources.standings(), services: sources.services() };
  const streams: Static<typeof streamSchema>[] = [];
  let last: StreamCursor | undefined;
  let lanesRead = 0;
  for (const { key, lane } of lanesOf(sources.laneKeys(), query)) {
    if (lanesRead++ === maxLanesRead) return { streams, next: last };
    const snapshot = await sources.readLane(lane);
    const after = query.cursor?.key === key ? query.cursor.producerId : "";
    const producerIds = [...snapshot.ledgers.keys()].filter((producerId) => producerId > after).sort();
    for (const producerId of producerIds) {
      const ledger = snapshot.ledgers.get(producerId);
      if (ledger === undefined) continue;
      if (streams.length === query.limit) return { streams, next: last };
      streams.push(streamView(lane, snapshot, ledger, clients));
      last = { key, producerId };
    }
    // A lane that is done: the next page begins behind all its producers.
    last = { key, producerId: behindAll };
  }
  return { streams, next: undefined };
}

/** Sorts behind every producer id, which are base64url. */
const behindAll = "~";

function lanesOf(
  keys: Iterable<LaneKey>,
  query: StreamQuery,
): readonly { readonly key: LaneKey; readonly lane: Lane }[] {
  return [...keys]
    .filter((key) => query.cursor === undefined || key >= query.cursor.key)
    .sort()
    .flatMap((key) => {
      const lane = parseLaneKey(key);
      return lane !== undefined && matches(lane, query) ? [{ key, lane }] : [];
    });
}

function matches(lane: Lane, { system, destination }: StreamQuery): boolean {
  return (
    (system === undefined || lane.system === system) && (destination === undefined || lane.destination === destination)
  );
}

export function formatStreamCursor({ key, producerId }: StreamCursor): string {
  return Buffer.from(`${producerId} ${key}`).toString("base64url");
}

export function parseStreamCursor(text: string): StreamCursor | undefined {
  const [producerId, key, more] = Buffer.from(text, "base64url").toString().split(" ", 3);
  if (producerId === undefined || key === undefined || more !== undefined) return undefined;
  return parseLaneKey(key) === undefined ? undefined : { key, producerId };
}
