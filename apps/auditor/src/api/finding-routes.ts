import { isCursor } from "../finding-book.ts";
import { errorSchema, findingParams, findingSchema, findingsPage, findingsQuery } from "./schemas.ts";
import { type ApiSources, errorBody } from "./server.ts";
import type { ApiServer } from "./type-provider.ts";
import { findingView } from "./views.ts";

export function addFindingRoutes(server: ApiServer, { findings, kafkaBrokers, virtualHost }: ApiSources): void {
  server.get(
    "/api/v1/findings",
    { schema: { querystring: findingsQuery, response: { 200: findingsPage, 400: errorSchema } } },
    async (request, reply) => {
      const { limit, cursor, ...filter } = request.query;
      if (cursor !== undefined && !isCursor(cursor))
        return await reply.code(400).send(errorBody("CURSOR_INVALID", "The cursor is none that this API gave out."));
      const page = findings.page(filter, limit, cursor);
      return await reply.send({
        findings: page.findings.map((finding) => findingView(finding, true)),
        ...(page.next === undefined ? {} : { next: page.next }),
      });
    },
  );

  server.get(
    "/api/v1/findings/:id",
    { schema: { params: findingParams, response: { 200: findingSchema, 404: errorSchema } } },
    async (request, reply) => {
      const finding = findings.find(request.params.id);
      if (finding === undefined) return await reply.code(404).send(errorBody("NOT_FOUND", "No such finding is known."));
      return await reply.send(findingView(finding, false, { kafkaBrokers, virtualHost }));
    },
  );
}
