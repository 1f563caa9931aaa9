import {
  type ClientSign,
  coverageOf,
  findNamedTwice,
  type Lane,
  type LaneRecord,
  lanesNamedAlike,
  type NamedTwice,
  offByThemselves,
  parseLaneKey,
  textOfNamedTwice,
} from "@seqwatch/core";
import { coverageQuery, coverageReply } from "./schemas.ts";
import type { ApiSources } from "./server.ts";
import type { ApiServer } from "./type-provider.ts";

/** An answer reads no more lanes than this. */
const maxLanesRead = 1_000;

/** How much of the traffic is audited, and what is not, and why. */
export function addCoverageRoutes(server: ApiServer, { laneKeys, clients, standings, store }: ApiSources): void {
  server.get(
    "/api/v1/coverage",
    { schema: { querystring: coverageQuery, response: { 200: coverageReply } } },
    async (request, reply) => {
      const { destination } = request.query;
      const keys = [...laneKeys()];
      const lanes = keys.flatMap((key) => parseLaneKey(key) ?? []);
      const asked = lanes.filter((lane) => destination === undefined || lane.destination === destination);
      const looks = await readAll(store, asked.slice(0, maxLanesRead));
      const blind = findNamedTwice(destination === undefined ? await readAll(store, twinsOf(keys)) : looks);
      return await reply.send({
        destinations: coverageOf(looks).map((one) => ({ ...one, groups: [...one.groups] })),
        blind: [...blind.map(blindByName), ...offByThemselves(clients(), standings()).map(blindByItself)],
        isPartial: asked.length > maxLanesRead,
      });
    },
  );
}

function blindByName(named: NamedTwice) {
  return {
    reason: "cluster-named-twice" as const,
    system: named.system,
    destination: named.destination,
    clusters: [named.stampedAs, named.readAs],
    groups: [...named.groups],
    partitions: named.partitionCount,
    text: textOfNamedTwice(named),
  };
}

function blindByItself({ clientId, service, instance, roles, offByItself = "" }: ClientSign) {
  const text = `${service} (${instance}) has switched its own recording off after ${offByItself}: see its log for the errors, then start it again or call setRecording(true).`;
  return { reason: "off-by-itself" as const, clientId, service, instance, roles: [...roles], text };
}

function twinsOf(keys: readonly string[]): readonly Lane[] {
  return lanesNamedAlike(keys).slice(0, maxLanesRead);
}

async function readAll(
  store: ApiSources["store"],
  lanes: readonly Lane[],
): Promise<readonly { readonly lane: Lane; readonly record: LaneRecord }[]> {
  const looks: { readonly lane: Lane; readonly record: LaneRecord }[] = [];
  for (const lane of lanes) looks.push({ lane, record: await store.readLane(lane) });
  return looks;
}
