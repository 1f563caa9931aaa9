import { type Lane, type LaneRecord, parseLaneKey } from "@seqwatch/core";
import type { Static } from "typebox";
import { repeatsOfGroup } from "./group-view.ts";
import { type duplicatesLine, duplicatesPage, duplicatesQuery } from "./schemas.ts";
import type { ApiSources } from "./server.ts";
import type { ApiServer } from "./type-provider.ts";

type Line = Static<typeof duplicatesLine>;
type Query = Static<typeof duplicatesQuery>;
type Page = Static<typeof duplicatesPage>;

/** Messages that came more than once, by lane and group, with the reason; also of lanes into which nobody watched sends. */
export function addDuplicateRoutes(server: ApiServer, { laneKeys, store }: ApiSources): void {
  const read = async ({ limit, system, destination, cursor = "" }: Query): Promise<Page> => {
    const after = Buffer.from(cursor, "base64url").toString();
    const lines: Line[] = [];
    let lanesRead = 0;
    for (const key of [...laneKeys()].filter((one) => one > after).sort()) {
      const lane = parseLaneKey(key);
      if (lane === undefined || !matches(lane, { system, destination })) continue;
      lines.push(...linesOf(lane, await store.readLane(lane)));
      lanesRead += 1;
      if (lanesRead === limit) return { duplicates: lines, next: Buffer.from(key).toString("base64url") };
    }
    return { duplicates: lines };
  };

  server.get(
    "/api/v1/duplicates",
    { schema: { querystring: duplicatesQuery, response: { 200: duplicatesPage } } },
    async (request, reply) => await reply.send(await read(request.query)),
  );
}

function linesOf(lane: Lane, snapshot: LaneRecord): Line[] {
  return [...snapshot.groups].flatMap(([name, group]) => {
    const counts = repeatsOfGroup(group, snapshot.ledgers);
    return Object.values(counts).some((count) => count > 0) ? [{ ...lane, group: name, ...counts }] : [];
  });
}

function matches(
  lane: Lane,
  asked: { readonly system: string | undefined; readonly destination: string | undefined },
): boolean {
  const isSystem = asked.system === undefined || lane.system === asked.system;
  return isSystem && (asked.destination === undefined || lane.destination === asked.destination);
}
