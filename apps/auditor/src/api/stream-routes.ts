import { servicesOf } from "@seqwatch/core";
import { clientsReply, errorSchema, streamsPage, streamsQuery } from "./schemas.ts";
import { type ApiSources, errorBody } from "./server.ts";
import { formatStreamCursor, parseStreamCursor, readStreamPage } from "./stream-pages.ts";
import type { ApiServer } from "./type-provider.ts";

export function addStreamRoutes(server: ApiServer, { laneKeys, clients, standings, store }: ApiSources): void {
  const sources = {
    laneKeys,
    standings,
    services: () => servicesOf(clients()),
    readLane: (lane: Parameters<typeof store.readLane>[0]) => store.readLane(lane),
  };

  server.get(
    "/api/v1/streams",
    { schema: { querystring: streamsQuery, response: { 200: streamsPage, 400: errorSchema } } },
    async (request, reply) => {
      const { system, destination, limit, cursor: text } = request.query;
      const cursor = text === undefined ? undefined : parseStreamCursor(text);
      if (text !== undefined && cursor === undefined)
        return await reply.code(400).send(errorBody("CURSOR_INVALID", "The cursor is none that this API gave out."));
      const { streams, next } = await readStreamPage(sources, { system, destination, limit, cursor });
      return await reply.send({ streams, ...(next === undefined ? {} : { next: formatStreamCursor(next) }) });
    },
  );

  server.get("/api/v1/clients", { schema: { response: { 200: clientsReply } } }, async () => {
    const standing = standings();
    return {
      clients: [...clients().clients.values()].map(({ sign }) => ({
        clientId: sign.clientId,
        service: sign.service,
        instance: sign.instance,
        pid: sign.pid,
        version: sign.version,
        system: sign.system,
        standing: standing.get(sign.clientId) ?? "silent",
        roles: [...sign.roles],
        reportErrors: sign.reportErrorCount,
        droppedReports: sign.droppedReportCount,
        unstamped: sign.unstampedCount ?? 0,
      })),
    };
  });
}
